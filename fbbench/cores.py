"""How many cores this process may use."""


def available_cores():
    """Return the number of cores, never more than the affinity mask or the container's CPU quota (cgroups) allows."""
    import joblib  # takes a while to import, and few calls need it

    return joblib.cpu_count()
