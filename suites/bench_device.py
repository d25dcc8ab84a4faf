"""Instructions on a microcontroller, counted by an emulator: the same on any machine, so all that changes shows."""

import shutil
import subprocess

COMPILER = "arm-none-eabi-gcc"
DEVICES = ("cortex-m4", "cortex-m0plus")
MODELS = ("BMLP", "BMLP, ternary", "BEP", "one-bit", "recommended")
SIZES, N_ROWS = (64, 35, 35), 5


def compiler():
    """Return the version of the cross-compiler, or that there is none."""
    if shutil.which(COMPILER) is None:
        return "no compiler"
    done = subprocess.run([COMPILER, "-dumpfullversion"], capture_output=True, text=True, check=True)
    return f"{COMPILER} {done.stdout.strip()}"


class Device:
    """The smallest models of ``fbbench bench --device``, by exported C; another compiler is another series."""

    params = ([compiler()], list(DEVICES), list(MODELS))
    param_names = ("built_by", "device", "model")
    timeout = 300

    def setup(self, built_by, device, model):
        try:
            from fbbench.bench import emulated, on_device
        except ImportError:
            raise NotImplementedError("this commit has no bench on a device") from None
        try:
            emulated.check_tools()
        except emulated.NoDevice as error:
            raise NotImplementedError(str(error)) from None
        self.bench, self.device = on_device, emulated.DEVICES[device]
        found = {name.replace(f" {'-'.join(map(str, SIZES))}-10", ""): made for name, made in on_device.learners(SIZES)}
        (self.model,) = (made for name, made in found.items() if name == model or name.startswith(f"{model} "))
        self.learnt = on_device.examples(SIZES[0], N_ROWS)

    def track_instructions_of_learning(self, built_by, device, model):
        return self.bench.learn_on(self.device, model, self.model, self.learnt).instructions

    def track_instructions_of_a_prediction(self, built_by, device, model):
        row = self.bench.words32(self.learnt[0], SIZES[0])[0]
        header = self.bench.c_header(self.model).text
        return self.bench.predict_on(self.device, model, header, row).instructions

    track_instructions_of_learning.unit = track_instructions_of_a_prediction.unit = "instructions"
