import pytest
from commands import finished_store


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """(suite file, store) of a suite with two seeds, all done."""
    return finished_store(tmp_path_factory.mktemp("finished"), seeds=2)
