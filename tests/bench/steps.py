"""A whole step of training, and the forward and backward of its network alone."""

from functools import partial
from itertools import count

import torch

from bench.tasks import Task
from reprolib import settings
from reprolib.data.pictures import augment
from reprolib.data.sampling import IdentitySampler
from reprolib.networks import build
from reprolib.training import batch_loss, precision
from reprolib.training.loop import optimiser


def training_step(made, images, classes, sampler, networks, adam, steps):
    """What `training.train` does between two lines of its log."""
    schedule, step = made.schedule, next(steps)
    index = sampler.batch(step)
    some = augment(images.index_select(0, index), schedule.crop_padding, step)
    x = networks[0].prepare(some)
    with precision(schedule):
        features = [network(x) for network in networks]
    loss, _ = batch_loss(features, classes[index], made.loss)
    adam.zero_grad()
    loss.backward()
    adam.step()


def forward_backward(made, network, x):
    network.zero_grad()
    with precision(made.schedule):
        features = network(x)
    sum(part.sum() for part in features).backward()


def step_tasks():
    """Profile quick: the pictures are noise, which costs the same."""
    made = settings.load("quick")
    d, schedule = made.data, made.schedule
    classes = torch.arange(d.train_ids).repeat_interleave(d.train_shots)
    shape = len(classes), 3, d.height, d.width
    images = torch.randint(0, 256, shape, dtype=torch.uint8)
    sampler = IdentitySampler(
        classes, schedule.ids_per_batch, schedule.shots_per_id, seed=0
    )
    network = build(made.network, d.train_ids, seed=0).train()
    adam = optimiser([network], schedule)
    batch = schedule.ids_per_batch * schedule.shots_per_id
    what = (made, images, classes, sampler, [network], adam, count())
    yield Task(
        f"training step, {batch} pictures of {d.height} x {d.width}",
        "ms",
        1e3,
        partial(training_step, *what),
    )
    x = network.prepare(images[sampler.batch(0)])
    yield Task(
        "bare forward + backward",
        "ms",
        1e3,
        partial(forward_backward, made, network, x),
    )
