"""Exercises of lesson 09: shapes, skips and reach of a U-Net, its shares, and its loss."""

from .context_seconds import context_seconds
from .down_and_up import down_and_up
from .my_sound_loss import my_sound_loss
from .share_out import share_out
from .strided_shape import strided_shape

EXERCISES = (strided_shape, down_and_up, context_seconds, share_out, my_sound_loss)
