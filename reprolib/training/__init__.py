"""Training one network, or several that learn from each other. Chapter 4."""

from reprolib.training.checkpoints import Trained
from reprolib.training.device import device, precision
from reprolib.training.loop import batch_loss, student_losses, train

__all__ = ["Trained", "batch_loss", "device", "precision", "student_losses", "train"]
