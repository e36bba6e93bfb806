"""Trains an experiment on a thread of its own, and closes the run however the training ends."""

import threading

import torch

from lintui.run import Run
from trainer.catalog import Entry, Settings
from trainer.loop import NoSuchDevice, build, check_device, train
from trainer.trouble import BadData

__all__ = ["NoSuchDevice", "Worker", "check_device"]


class Worker(threading.Thread):
    """The loop on a thread; `error` is what the training raised, if it did."""

    def __init__(self, entry: Entry, settings: Settings, run: Run) -> None:
        """Prepare to train; `start()` begins."""
        super().__init__(name="trainer", daemon=True)
        self.entry = entry
        self.settings = settings
        self.training = run
        self.error: BaseException | None = None

    def run(self) -> None:
        """Build the experiment and train it to its end."""
        if self.settings.device == "cpu":
            # Models this small lose by being spread over cores, the screen needs one, and sums that are split
            # differently come out differently: a run is a function of its seed on any number of cores.
            torch.set_num_threads(1)
        try:
            experiment = build(self.entry, self.settings)
            train(experiment, self.training, self.settings)
            self.training.finish(summary=experiment.summary())
        except BadData as error:
            self.error = error
            self.training.fail(str(error))
        except BaseException as error:  # noqa: BLE001 - recorded with its traceback, and shown
            self.error = error
            self.training.fail(error)
