# %% [markdown]
# # 3. Network and losses: what is learnt, and from what
#
# Chapter 2 compared stripes of plain colour, and colours change with the camera. A
# network can learn better ones, but nobody tells it what a good stripe is: all it is
# told is which pictures show the same person. **How does that one fact become a
# gradient that teaches seven stripes and a global feature?**
#
# **You will do**: follow one batch of pictures from pixels to features, count what
# backbones cost, find the batch's hardest triplets, and take apart every term of the
# loss. **You will learn** why triplets are chosen by one distance and used by two, why
# this book standardises its features, what the paper's stop-gradient does to a square
# that is written twice, and how a harmless-looking default makes a loss vanish. **You
# need** PyTorch modules and chapter 2. Nothing is trained here; that is chapter 4.

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick or paper
dataset: str = "drawn"  # or a name from data_sets/index.md
data_root: str = ""  # where the photographs lie; the drawn data need none
runs_root: str = ""  # where runs are kept; empty: runs/ of the project
seed: int = 0  # chooses the first weights and the batch of this chapter

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from matplotlib.patheffects import withStroke

from reprolib import book, losses, networks, training
from reprolib import settings as profiles
from reprolib.alignment import local_distance, paired_local_distance
from reprolib.alignment.distances import euclidean
from reprolib.book import diagrams, figures
from reprolib.data.dataset import classes
from reprolib.data.pictures import normalise
from reprolib.data.sampling import IdentitySampler

run = book.open("03_network_and_losses", profile, dataset, data_root, runs_root, seed)
settings, store = run.settings, run.store
net, loss = settings.network, settings.loss

# %% [markdown]
# ## From pixels to a feature map
#
# Everything below happens to one batch of P people with K pictures each, as chapter 1
# taught. The first part of the network, the *backbone*, turns pixels into a *feature
# map*, a small grid of vectors. The paper's is a ResNet-50 without its classifier,
# started from ImageNet's weights (mark B: known at second hand). The profile `quick` has
# a thinner and shorter ResNet-18 with random weights, which a laptop can train. From the
# second stage on, each stage halves height and width and doubles the channels.

# %%
training_set = store.pixels("train", settings.data.box_error)
labels = classes(store.dataset(settings.data.box_error).train)
P, K = settings.schedule.ids_per_batch, settings.schedule.shots_per_id
index = IdentitySampler(labels, P, K, seed, training_set.sets).batch(0)
images, pids = normalise(training_set.images[index]), training_set.pids[index]
identities = int(labels.max()) + 1

network = networks.build(net, identities, seed).train()
shapes, maps = {"pixels": tuple(images.shape)}, images
with torch.no_grad():
    for name, stage in network.backbone.named_children():
        maps = stage(maps)
        shapes[name] = tuple(maps.shape)
print(f"{P} people x {K} pictures end as maps of {maps.shape[2]} rows, head to foot:")
pd.DataFrame(shapes, ["pictures", "channels", "height", "width"]).T

# %% [markdown]
# The last shape is the one to remember: a small grid for each picture. Row 3 of the map
# is centred half a stripe above the middle of stripe 3 (we shall see why), and overlaps
# it. That is the whole trick: no pose detector, no labelled body parts, only the rows
# that were there anyway.
#
# ## Two branches and a head
#
# The *global branch* pools the map over its whole grid: one vector per picture. The
# *local branch* pools over the width only, so that each row becomes one vector, a
# stripe, and a 1x1 convolution makes it shorter (the paper: 2048 to 128 channels, mark
# B). A linear layer, the *identity head*, gives the *logits*; in this book's recipe it
# reads the global vector standardised, before it gets unit length. Here are both
# branches in that recipe, without the switches of the library, and below them the
# picture. In chapter 4 a second network stands beside the first: the two *students* of
# the paper, who will learn from each other.


# %%
def branches(maps):
    """Both branches: maps (N, C, H, W) -> global features (N, C), stripes (N, H, c)."""
    vector = network.norm(maps.mean((2, 3)))  # pooled over the grid, standardised
    rows = maps.amax(3, keepdim=True)  # pooled over the width: (N, C, H, 1)
    thin = network.local(rows)[..., 0]  # the 1x1 convolution: (N, c, H)
    thin = network.stripe_norm(thin.flatten(1)).view_as(thin)  # standardised
    return F.normalize(vector), F.normalize(thin.mT, dim=2)


# %% tags=["machinery"]
recipe = {
    "global_pooling": "mean",
    "horizontal_pooling": "max",
    "batch_norm": "features",
}
recipe |= {"normalise_global": True, "normalise_stripes": True}
with torch.no_grad():
    f = network(images)
    if all(getattr(net, name) == choice for name, choice in recipe.items()):
        for ours, library in zip(branches(maps), f, strict=False):
            torch.testing.assert_close(ours, library)
print(f"global {tuple(f.global_.shape)}, local {tuple(f.local.shape)},", end=" ")
print(f"logits {tuple(f.logits.shape)}.", end=" ")
print(f"A stripe has length {f.local[0, 0].norm():.2f}.")

# %% mystnb={"figure": {"name": "network", "caption": "From pixels to features, with the shapes of this run's network. The two branches read the same map; the global one forgets where things were, the local one keeps the height. A second student sees the same batch; the two compare distances and predictions."}, "image": {"alt": "A diagram. Left, one picture cut into seven stripes, an arrow to the backbone, an arrow to a map of seven rows. From the map one arrow goes to the box of the global feature and on to the identity head, another to seven bars, the stripes. Below, a long box for the second student, with an arrow from the picture and two double arrows to the global feature and to the head of the first."}}
picture, short = training_set.images[index[0]], f.local.shape[2]
ax = diagrams.network(picture, net, tuple(maps.shape[1:]), short, identities)
ax.set_title("One map, pooled in two ways: over the whole grid, and row by row")
plt.show()

# %% [markdown]
# The paper names these parts and leaves much open. Public codes differ (mark A: read in
# their code), and each choice is a setting here:
#
# | choice | public codes | this book |
# |---|---|---|
# | global pooling | mean | mean |
# | pooling over the width | maximum (a co-author's), or mean | maximum |
# | around the 1x1 convolution | nothing; batch norm and ReLU after it, or before | nothing |
# | unit length | stripes, the global feature at the test only (a co-author's); or a switch for both | global feature and stripes |
# | standardised over the batch, without learnt weights | none known to us | global feature and stripes |
#
# The last line, `norm` and `stripe_norm` in the code above, is this book's cure for a
# trap in the triplet loss, so its reason has to wait until we have met that loss.
#
# ## A stripe sees more than its stripe
#
# Is stripe 4 the fourth seventh of the picture? The gradient tells: which pixels change
# it, mean over the batch? **Predict, then run.** Of all influence on the middle stripe,
# what share comes from its own rows of pixels?

# %%
seen = images.clone().requires_grad_()
middle = maps.shape[2] // 2
network.eval()
network.backbone(seen)[:, :, middle].sum().backward()
network.train().zero_grad()
influence = seen.grad.abs().mean(dim=(0, 1)).sum(1)
per_row, tall = 100 * influence / influence.sum(), len(influence) // maps.shape[2]
own = float(per_row[tall * middle : tall * (middle + 1)].sum())
print(f"The {tall} rows of the middle stripe have {own:.0f} % of the influence on it.")

# %% mystnb={"figure": {"name": "receptive-field", "caption": "How strongly each row of pixels moves the middle stripe of the untrained network. The shaded rows are the stripe's own; most of what it knows comes from outside, and the hump is centred at the stripe's upper edge."}, "image": {"alt": "A curve over the height of the picture: a broad hump several times as wide as the shaded middle stripe, highest at the stripe's upper edge, with tails that run far up and down the picture."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.4))
shade = {"color": figures.SKY, "alpha": 0.35, "label": "the stripe's own rows"}
ax.axvspan(tall * middle, tall * (middle + 1), **shade)
ax.plot(per_row, color=figures.BLUE)
ax.set(xlabel="row of pixels, from the top", ylabel="influence, %")
ax.set(xlim=(0, len(per_row)), ylim=(0, None))
ax.set_title(f"{100 - own:.0f} % of what moves a stripe lies outside of it")
ax.legend()
plt.show()

# %% [markdown]
# Stripes overlap, the more the deeper the network. We guess, but do not show, that this
# is one reason why even rigid matching survives small errors of the box. The hump sits
# half a stripe too high, because a strided convolution with a border of padding centres
# its first output on the first row of pixels; all pictures share that offset, so no
# distance notices.
#
# ## Backbones and their price
#
# An aside, which the losses below do not need. Two networks are called ResNet-50: in
# the original of 2015 the first 1x1 convolution of a stage halves the picture, in
# torchvision's ("v1.5") the 3x3. Which of them the paper had we do not know. Its second
# backbone, ResNet-50-X, replaces each 3x3 by an *Xception cell*: a 3x3 convolution of
# each channel by itself, then a 1x1 that mixes them (mark B). **Predict, then run.**
# Which networks below differ in parameters, and which only in work?

# %% tags=["machinery"]
paper = profiles.load("paper", dataset, weights="")
original = paper.changed(first_stride="1x1")
kinds = {
    f"this run: {net.backbone}": settings,
    "ResNet-50 of 2015": original,
    "with stride on the 3x3 (v1.5)": paper,
    "with last stride 1": original.changed(last_stride=1),
    "ResNet-50-X": original.changed(backbone="resnet50x"),
    "ResNet-18": paper.changed(backbone="resnet18"),
}

# %% mystnb={"figure": {"name": "prices", "caption": "Parameters and multiply-adds for one picture, with the shape of the last map (channels x rows x columns) below each name. Counted with the backbone are the local branch and the identity head, for the 751 people of Market1501 and in this run for its own. All networks but that of this run see the paper's 224 x 224 pixels; 'with' is the ResNet-50 of 2015 changed in one point."}, "image": {"alt": "Two panels of six horizontal bars. The three forms of ResNet-50 have bars of equal length on the left, and on the right the one of last stride 1 is the longest by far; ResNet-50-X and ResNet-18 are shorter in both panels."}}
rows = {}
for name, s in kinds.items():
    people = identities if s is settings else 751  # as many as Market1501 trains on
    count, work, shape = networks.cost(s.network, people, (s.data.height, s.data.width))
    row = {"parameters, million": round(count / 1e6, 2)}
    row["multiply-adds, billion"] = round(work / 1e9, 2)
    rows[name] = row | {"map": " x ".join(map(str, shape))}
prices, below = pd.DataFrame(rows).T, [row["map"] for row in rows.values()]
fig, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.4), sharey=True)
for ax, unit in zip(axes, prices, strict=False):
    bars = ax.barh(range(len(rows)), prices[unit], color=figures.SKY)
    ax.bar_label(bars, prices[unit], padding=3, fontsize=8)
    ax.set(xlabel=unit, xlim=(0, 1.18 * prices[unit].max()))
    ax.grid(False)
names = [f"{name}\n{shape}" for name, shape in zip(rows, below, strict=True)]
axes[0].set_yticks(range(len(rows)), names, fontsize=8)
axes[0].invert_yaxis()
fig.suptitle("A stride changes the work, Xception cells the weights as well", size=10)
plt.show()
share = 100 - 100 * prices.loc["ResNet-50-X"][:2] / prices.loc["ResNet-50 of 2015"][:2]
print(f"Xception cells save {share.iloc[0]:.0f} % of the parameters", end=" ")
print(f"and {share.iloc[1]:.0f} % of the multiply-adds.", end=" ")
work = prices["multiply-adds, billion"]
more = 100 * work["with last stride 1"] / work["ResNet-50 of 2015"] - 100
print(f"A last stride of 1 costs {more:.0f} % more of them.")

# %% [markdown]
# A stride changes the work alone; a last stride of 1, a habit of later codes, doubles
# the rows of the map. Xception cells save both: a 3x3 convolution of $C$ channels has
# $9C^2$ weights, its cell $9C + C^2$. (Multiply-adds are those of convolutions and
# linear layers. torchvision's ImageNet weights are those of v1.5, and the library
# refuses them for the original; for ResNet-50-X we found none.)

# %% [markdown]
# ## The identity loss
#
# The simplest teacher asks: which of the training people is this? Softmax over the
# logits, then cross-entropy: that is the *identity loss*. Test people are others, so the
# head is thrown away after training; what it shaped stays in the feature.
#
# ## TriHard: learn from the hardest
#
# The second loss, the *metric* loss, compares distances: it speaks of *triplets*, an
# *anchor* $a$, a *positive* $p$ of the same person, a *negative* $n$ of another. It wants
# the positive nearer than the negative by a *margin* $m$ (0.3, as in most public codes;
# the paper's is not known to us):
#
# $$\big[\, m + d(a, p) - d(a, n) \,\big]_+ .$$
#
# Here $[x]_+$ is $x$ where $x$ is positive, and 0 otherwise. This is a *hinge*: it costs
# nothing once the margin is kept, and before that grows in proportion to what is missing.
# Late in training most triplets keep it and teach nothing. *TriHard* (batch-hard) takes
# one for each anchor, its *farthest* positive and its *nearest* negative in the batch.
# That needs the distance matrix and two masks:


# %%
def batch_hard(distance, pids):
    """Each anchor's farthest positive and nearest negative: two (N,) indices."""
    same = pids[:, None] == pids  # (N, N)
    positive = same & ~torch.eye(len(pids), dtype=torch.bool)  # not the anchor itself
    farthest = distance.masked_fill(~positive, -torch.inf).argmax(1)
    nearest = distance.masked_fill(same, torch.inf).argmin(1)
    return farthest, nearest


# %%
features, batch_classes = network(images), labels[index]
identity_loss = float(F.cross_entropy(features.logits.detach(), batch_classes))
distance = euclidean(features.global_, features.global_)
positive, negative = batch_hard(distance, pids)
assert torch.equal(negative, losses.batch_hard(distance, pids)[1])
anchor = torch.arange(len(pids))
far, near = distance[anchor, positive], distance[anchor, negative]
print(f"Identity loss {identity_loss:.2f} (an even guess: {math.log(identities):.2f}).")
print(f"Farthest positive {far.mean():.2f} away, nearest negative {near.mean():.2f}.")

# %% [markdown]
# Where does each anchor find its two in the distance matrix?

# %% mystnb={"figure": {"name": "hard-triplets", "caption": "Global distances of the first people of the batch (rows) to the whole batch (columns), before any training. A block of K x K on the diagonal is one person. In each row a circle marks the farthest positive and a cross the nearest negative."}, "image": {"alt": "A heat map, wider than tall, with thin white lines around blocks of the same person along the diagonal. Each row has a white circle inside its own block and a white cross outside it, both with dark edges, mostly on dark cells."}}
shown = min(len(pids), 8 * K)
low, high = distance.detach()[~torch.eye(len(pids), dtype=torch.bool)].aminmax()
fig, ax = plt.subplots(figsize=(figures.WIDTH, 4.1))
counted = (0.5, len(pids) + 0.5, shown + 0.5, 0.5)  # pictures are counted from 1
mesh = ax.imshow(distance.detach()[:shown], vmin=low, vmax=high, extent=counted)
fig.colorbar(mesh, label="global distance", shrink=0.8)
for hardest, name, mark in (
    (positive, "farthest positive", {"marker": "o", "mfc": "none", "mec": "white"}),
    (negative, "nearest negative", {"marker": "x", "mec": "white", "mew": 1.8}),
):
    mark["path_effects"] = [withStroke(linewidth=3.2, foreground="black")]
    below = range(1, shown + 1)
    ax.plot(hardest[:shown] + 1, below, ls="none", ms=5, label=name, **mark)
for k in range(0, shown, K):
    block = plt.Rectangle((k + 0.5, k + 0.5), K, K, fill=False, ec="white", lw=0.8)
    ax.add_patch(block)
ax.grid(False)
ax.set(xlabel="picture of the batch", ylabel="anchor")
wrong = int((near < far).sum())
title = f"For {wrong} of {len(far)} anchors ({shown} shown)"
ax.set_title(f"{title} a stranger\nis nearer than the farthest positive")
fig.legend(loc="outside lower center", ncols=2, facecolor="#888888", frameon=True)
plt.show()

# %% [markdown]
# Where the cross lies on a darker cell than the circle, a stranger is nearer than a
# picture of the same person. What makes a stranger look near? **Predict, then run.**
# What share of the hardest negatives is by the anchor's own camera? And of all
# $N(K-1)(N-K)$ triplets of the batch, what share costs anything, beside the $N$ hardest?

# %%
same, camera = pids[:, None] == pids, training_set.camids[index]
same_camera = (camera[:, None] == camera).double()
by_chance = 100 * float(same_camera[~same].mean())
of_hardest = 100 * float(same_camera[anchor, negative].mean())
possible = (same & ~torch.eye(len(pids), dtype=torch.bool))[:, :, None] & ~same[:, None]
costly = (loss.margin + distance[:, :, None] > distance[:, None])[possible]
active = float((loss.margin + far > near).double().mean())
print(f"By the anchor's camera: {of_hardest:.0f} % of the hardest negatives,", end=" ")
print(f"{by_chance:.0f} % of all.")
print(
    f"Costly: {100 * costly.double().mean():.0f} % of {len(costly):,} triplets,",
    end=" ",
)
print(f"{100 * active:.0f} % of the {len(anchor)} hardest.")

# %% [markdown]
# Here are the pictures of the costliest triplets, to see what the distances mean.


# %% mystnb={"figure": {"name": "triplets", "caption": "The anchors with the largest hinge, of three people: after each its positives and then strangers, both from near to far, with their distances to the anchor. Green frame, the farthest positive; orange frame, the nearest negative: the triplet that TriHard takes."}, "image": {"alt": "Three rows of pedestrians. Each begins with an anchor, then pictures of the same person by other cameras, the last in a green frame, then four strangers, the first in an orange frame; many strangers stand before the same background as the anchor."}}
def mine(anchor=1, axes=None):
    """An anchor, its positives, four strangers; framed are those that TriHard takes."""
    a = anchor - 1
    if axes is None:
        axes = plt.subplots(1, K + 4, figsize=(figures.WIDTH + 0.4, 2.0))[1]
    row = distance[a].detach()
    nearest_first = [i for i in row.argsort().tolist() if i != a]
    own = [i for i in nearest_first if pids[i] == pids[a]]
    others = [i for i in nearest_first if pids[i] != pids[a]][:4]
    titles = [f"anchor {anchor}", *(f"{row[i]:.2f}" for i in own + others)]
    for ax, i, title in zip(axes, [a, *own, *others], titles, strict=True):
        figures.show(ax, training_set.images[index[i]], title)
    figures.frame(axes[K - 1], figures.GREEN)
    figures.frame(axes[K], figures.RED)
    hinge = losses.hinge(row[own[-1:]], row[others[:1]], loss.margin)
    axes[0].set_ylabel(f"hinge {float(hinge):.2f}")


worst, place = (far - near).detach().view(P, K).max(1)
people = worst.argsort(descending=True)[:3]
fig, axes = plt.subplots(3, K + 4, figsize=(figures.WIDTH + 0.4, 5.6))
for row, a in zip(axes, (K * people + place[people]).tolist(), strict=True):
    mine(a + 1, row)
fig.suptitle("Strangers (right) are nearer than the farthest positive (green)", size=10)
plt.show()

# %% tags=["machinery"]
# To choose the anchor yourself in Jupyter, uncomment these lines and run them:
# from reprolib.book import interactive, living
# interactive.sliders(mine, anchor=(1, len(pids), 1))
# living.show("hardest-triplets")

# %% [markdown]
# A network that has learnt nothing judges by light and backdrop. To look past them, at
# the person, is what the losses have to teach. A triplet that costs something is called
# *active*. Their share among the hardest is worth watching in training: when it reaches
# zero, this loss has nothing more to say.
#
# ## The easy way out
#
# As long as the positive is farther than the negative, a triplet costs more than the
# margin. There is a cheap cure: move *all* pictures to one point. Then all distances
# are 0, every triplet costs exactly $m$, and nothing has been learnt: a *collapse*. We
# squeeze the pooled features towards their mean and look at the hinge, for the feature
# as it is, scaled to unit length, and **standardised** over the batch before that:
#
# $$\hat f = (f - \mu) / \sigma,$$
#
# where $\mu$ and $\sigma$ are mean and deviation of each channel over the batch.
#
# **Predict, then run.** For which of the three does squeezing lower the loss?

# %%
with torch.no_grad():
    pooled = network.pooled(maps).double()  # squeezed distances are tiny
standardise = torch.nn.BatchNorm1d(pooled.shape[1], affine=False).double()
forms = {
    "as it is": lambda f: f,
    "of unit length": F.normalize,
    "standardised, of unit length": lambda f: F.normalize(standardise(f)),
}


def hinge_after(squeeze, form):
    """The global hinge when all features have come this much nearer to their mean."""
    f = form(pooled.mean(0) + squeeze * (pooled - pooled.mean(0)))
    d = euclidean(f, f)
    positive, negative = batch_hard(d, pids)
    return float(losses.hinge(d[anchor, positive], d[anchor, negative], loss.margin))


# %% mystnb={"figure": {"name": "collapse", "caption": "The global hinge of the untrained network when all pooled features are squeezed towards their mean. Where a curve falls to the right, the loss rewards the collapse; at the margin (dotted) all pictures lie on one point."}, "image": {"alt": "Three curves over the factor of squeezing from 1 to 1000 on a logarithmic axis. Two fall to the dotted line at the margin; the third, of standardised features, is nearly level."}}
factors = [10 ** (k / 4) for k in range(13)]
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.8))
ends = {}
for (name, form), style in zip(forms.items(), ("-", "--", "-."), strict=True):
    curve = [hinge_after(1 / factor, form) for factor in factors]
    ends[name] = curve[0], curve[-1]
    ax.plot(factors, curve, style, label=name)
ax.axhline(loss.margin, color=figures.GREY, linestyle=":", label="margin")
ax.set(xlabel="squeezed by a factor of", ylabel="global hinge", xscale="log")
ax.set(ylim=(0, None), title="Squeezing pays, unless features are standardised")
ax.set_xticks((1, 10, 100, 1000), ("1", "10", "100", "1000"))
ax.legend(ncols=2)
plt.show()
for name, (start, end) in ends.items():
    print(f"{name.capitalize()}: hinge {start:.2f},", end=" ")
    print(f"squeezed a thousand times {end:.2f}.")
before, standardise.eps = standardise.eps, 1e-12
still = abs(hinge_after(1 / factors[-1], form) - start)
print(f"The last one moves by {abs(end - start):.2f}, and by {still:.2f}", end=" ")
print(f"with {standardise.eps:g} in place of {before:g} in batch norm.")

# %% [markdown]
# A feature that is standardised over the batch differs from picture to picture by
# construction, so it cannot collapse to one point: a shift of the whole cloud, or a
# scaling of a channel, is undone. What the third curve moves by comes from the small
# constant that batch normalisation adds to each variance so as not to divide by 0: the
# last sentence above has it with a smaller one.
#
# Batch normalisation does the standardising, without learnt weights (`affine=False`),
# since they could shrink the cloud again. So for stripes: each is standardised with
# mean and deviation of that stripe over the batch, then scaled to length 1, as Equation
# 1 of chapter 2 needs it. Where the path compares stripe 3 with stripe 5, it therefore
# compares what is left after two different means were subtracted; what that costs we
# have not measured. At the test, means and deviations are those collected in training,
# so a picture's feature does not depend on its neighbours.
#
# A plain network has none of this. Without ImageNet's weights and with a wide head it
# collapsed on photographs, not on drawn people (chapter 4). The two public codes of
# chapter 6 have none of it either, but those weights and a small head (mark A). Other
# cures save the global feature alone, such as a head that sees standardised features.
#
# ## The same triplets, seen by the stripes
#
# Now AlignedReID's own step. The triplets were chosen by the *global* distance. The
# local branch takes them as they are, measures them by the shortest path, and adds a
# hinge of its own. So only 2N local distances are needed, not N x N. **Predict, then
# run.** Mined by *local* distance, how many of the negatives would be the same?

# %%
f = features.local.detach()
local_far = paired_local_distance(f, f[positive])
local_near = paired_local_distance(f, f[negative])
local_hinge = losses.hinge(local_far, local_near, loss.margin)
global_hinge = losses.hinge(far, near, loss.margin).detach()
agree = float((batch_hard(local_distance(f, f), pids)[1] == negative).double().mean())
print(f"Global hinge {global_hinge:.2f}, local hinge {local_hinge:.2f}.")
print(f"Mined by local distance, {100 * agree:.0f} % of the negatives were the same.")

# %% [markdown]
# Mining once is faster, and it puts both to the same work: the local branch is asked
# about the very pairs that the global one gets wrong, and its answer flows back into the
# backbone that both share. The paper tests with the global feature alone (mark A: read in
# its abstract), so the stripes have to earn their place by making that feature better.
# Chapter 5 measures whether they do.
#
# ## Two students: the metric mutual loss
#
# Train two networks side by side on the same batches and let each learn from the other.
# Their features cannot be compared, because each has a space of its own; their distance
# matrices $M^1$ and $M^2$ can. The paper takes (mark B)
#
# $$L_M = \frac{1}{N^2} \sum_{ij} \Big( \big[ ZG(M^1_{ij}) - M^2_{ij} \big]^2
#       + \big[ M^1_{ij} - ZG(M^2_{ij}) \big]^2 \Big) ,$$
#
# where $ZG$ (zero gradient; a *stop-gradient*, `detach` in PyTorch) treats its argument
# as a constant.
# **Predict, then run**: how do its value and its gradient compare with those of the
# plain mean of $(M^1 - M^2)^2$?

# %%
other = networks.build(net, identities, seed + 1).train()(images)
M1, M2 = (euclidean(x.global_, x.global_).double() for x in (features, other))
M1, M2 = M1.detach().requires_grad_(), M2.detach().requires_grad_()
with_zg = ((M1.detach() - M2) ** 2 + (M1 - M2.detach()) ** 2).mean()
without, plain = 2 * ((M1 - M2) ** 2).mean(), ((M1 - M2) ** 2).mean()
ratio = float((with_zg / plain).detach())
pulls = [torch.autograd.grad(v, (M1, M2)) for v in (with_zg, without, plain)]
apart = max(float((a - b).abs().max()) for a, b in zip(*pulls[::2], strict=True))
twice = float(pulls[1][0].norm() / pulls[2][0].norm())
print(f"Written twice, the square has {ratio:.2f} times the value.", end=" ")
print(f"With ZG its gradient differs from the plain one's by {apart:g};", end=" ")
print(f"without ZG it would be {twice:.2f} times as long.")

# %% [markdown]
# The square is written twice, which doubles the value and would double the gradient.
# $ZG$ changes no value, but takes the gradient back to that of one square: in the first
# only $M^2$ moves, with derivative $2(M^2 - M^1)$, in the second only $M^1$, with
# $2(M^1 - M^2)$, and that is just what $(M^1 - M^2)^2$ gives. So where both students step
# at the same time, as in our loop, the paper's loss teaches what the plain square
# teaches (mark C: derived here). If they take turns, each is pulled to where the other
# has already gone, and $ZG$ is the natural way to write one turn.
#
# ## Two students: the classification mutual loss
#
# The second exchange is Deep Mutual Learning's. Each student $s$ is pulled towards the
# other's softmax $t$, held constant, by the *Kullback-Leibler divergence*
#
# $$KL(t \,\|\, s) = \sum_k t_k \log \frac{t_k}{s_k} .$$
#
# It is not symmetric, and here the stop-gradient does matter: the gradient by the
# student's logits is $s - t$, that of cross-entropy with $t$ as a soft label.
#
# And here is a trap. `F.kl_div` averages over *everything* unless told otherwise: over
# the batch, as it should, and over the classes, which a divergence sums. **Predict, then
# run**: by how much is the loss then too small?

# %%
log_s, log_t = (x.logits.detach().log_softmax(1) for x in (features, other))
each = F.kl_div(log_s, log_t, reduction="none", log_target=True)
summed, averaged = float(each.sum(1).mean()), float(each.mean())
library = float(losses.classification_mutual_loss(log_s, log_t))
too_small = summed / averaged
print(f"Summed over the classes {summed:.3f}; so does the library: {library:.3f}.")
print(f"Averaged over them {averaged:.5f}, {too_small:.0f} times too small.")

# %% [markdown]
# The trap costs a factor of the number of classes. The paper weighs this loss by 0.01
# already (mark B). Divide it by Market1501's 751 people as well, and it is gone.
# PyTorch only warns; the cure is `reduction="batchmean"`, which sums over the classes.
#
# ## The whole loss
#
# Here the parts are put together for two students: each has three losses of its own,
# and the two exchanges join them. The library's `training.batch_loss` does the same for
# any number of students, with a switch for every choice; the cell checks that both
# agree. The weights 0.001 (metric mutual) and 0.01 (classification mutual) are the
# paper's (mark B); 1 for the others is ours, and that of the public codes where they
# use them. A loss acts through its gradient. **Predict, then run**: weighted so, how do
# the five parts rank by the length of their gradient at the last stage of the backbone?


# %%
def whole_loss(students, classes):
    """The loss of one batch for two students."""
    total, tables = 0, []
    for f in students:
        table = euclidean(f.global_, f.global_)
        positive, negative = batch_hard(table, classes)
        global_pairs = table[anchor, positive], table[anchor, negative]
        local_pairs = [
            paired_local_distance(f.local, f.local[k]) for k in (positive, negative)
        ]
        total += F.cross_entropy(f.logits, classes)
        total += losses.hinge(*global_pairs) + losses.hinge(*local_pairs)
        tables.append(table)
    one, two = (f.logits for f in students)
    total += 0.001 * losses.metric_mutual_loss(*tables)
    total += 0.01 * losses.classification_mutual_loss(one, two)
    return total + 0.01 * losses.classification_mutual_loss(two, one)


both, usual = [features, other], profiles.load("quick").loss
library, _ = training.batch_loss(both, batch_classes, usual)
torch.testing.assert_close(whole_loss(both, batch_classes), library)
print(f"The whole loss of the two untrained students: {float(library.detach()):.2f}.")

# %% tags=["machinery"]
aligned = settings.changed(local="aligned").loss
each = [training.student_losses(x, batch_classes, aligned) for x in both]
parts = {name: each[0][0][name] for name in ("identity", "global", "local")}
parts["metric_mutual"] = losses.metric_mutual_losses([matrix for _, matrix in each])
parts["class_mutual"] = losses.classification_mutual_losses([x.logits for x in both])
weights = list(getattr(network.backbone, f"layer{net.stages}").parameters())
pull = {}
for name, value in parts.items():
    weighed = getattr(loss, f"{name}_weight") * value
    gradient = torch.autograd.grad(weighed, weights, retain_graph=True)
    pull[name] = float(torch.cat([g.flatten() for g in gradient]).norm())
weaker = min([*pull.values()][:3]) / max([*pull.values()][3:])
hardest, least = (most(pull, key=pull.get).replace("_", " ") for most in (max, min))
print(f"The {hardest} loss pulls hardest, the {least} loss least.")

# %% mystnb={"figure": {"name": "pull", "caption": "Length of the gradient of each weighted part of the loss at the last stage of student 1's backbone, by its first weights and on one batch. The scale is logarithmic."}, "image": {"alt": "Five dots on a logarithmic scale: identity, global and local lie close together on the right, the two mutual losses orders of magnitude to the left."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.3))
ax.plot([*pull.values()], [*pull], "o", ms=9, color=figures.BLUE)
for k, length in enumerate(pull.values()):
    text = np.format_float_positional(length, 2, fractional=False, trim="-")
    ax.annotate(text, (length, k), (10, -3), textcoords="offset points")
ax.set(xscale="log", xlabel="length of the gradient, weight included", ylim=(4.6, -0.6))
ax.set_xlim(min(pull.values()) / 3, 5 * max(pull.values()))
ax.set_yticks(range(len(pull)), [name.replace("_", " ") for name in pull])
ax.set_title(
    f"Here, at the start, the exchanges pull at least {weaker:,.0f} times less"
)
plt.show()

# %% [markdown]
# At these weights the two students hardly hear each other at the start. What comes of it
# in a whole training, chapter 5 measures, also at weights up to a thousand times as
# large.
#
# ## Take-away
#
# One backbone, one map, two ways to pool it: the hardest triplets of a batch are chosen
# by global distance and feed both hinges, and an identity loss teaches beside them.
# Standardised over the batch, features cannot collapse to one point, which the triplets
# alone would reward. In the exchange of distances the stop-gradient makes a square that
# is written twice teach what one teaches; in that of predictions the reduction of the
# divergence decides whether it acts at all.

# %% [markdown]
# **Exercises**, from easy to hard.
# 1. Pictures 1 and 2 show Ann, 3 and 4 Bob; $d_{12} = 0.5$, $d_{13} = 0.6$, $d_{14} =
#    0.9$. Which triplet does anchor 1 get, and what does it cost at $m = 0.3$?
# 2. How many weights has a 3x3 convolution of 512 channels, and its Xception cell? Why
#    does ResNet-50-X as a whole save so much less?
# 3. Run with `-p horizontal_pooling mean`. Why does the global hinge stay as it was?
# 4. Leave out unit length after standardising. Does squeezing pay? What else changes?
# 5. Each of $S$ students exchanges with every other. By what should the sum of its
#    exchanges be divided?
# 6. The partner gives the first of two classes 0.9; the student, sure and wrong, gives it
#    almost 0. How hard do $KL(t \| s)$ and $KL(s \| t)$ pull at its logit?
#
# <details><summary>Answers</summary>
#
# (1) Positive 2, negative 3: 0.3 + 0.5 - 0.6 = 0.2. (2) $9 \cdot 512^2$ = 2.36 million
# and $9 \cdot 512 + 512^2$ = 0.27 million; the 1x1 convolutions, about half of a
# ResNet-50, stay. (3) The global branch never sees the width's pooling. (4) Up to a
# factor of ten it does not; further on, the small constant that keeps batch
# normalisation from dividing by 0 takes over. And two pictures are then about
# $\sqrt{2C}$ apart for $C$ channels, so a margin of 0.3 is next to nothing. (5) By
# $S-1$, the number of its partners: it then hears their mean. (6) $KL(t \| s)$ has the
# gradient $s - t$, here -0.9: it pulls as hard as it can. $KL(s \| t)$ weighs
# everything by the student's own $s$, so its gradient goes to 0.
#
# </details>

# %% [markdown]
# ## Check yourself
#
# Every answer is checked at once. A function is tried on inputs that it has not seen,
# and you are told which property fails; in a question, each option has its reason.
# `make exercises` writes this chapter with blanks in place of the answers below.

# %%
from reprolib.book.checks import ask, check, choose

ask("whose-triplets")

# %% tags=["solution"]
choose("whose-triplets", "b")

# %% [markdown]
# **The hardest positive**, and with it the whole **TriHard** loss at a margin of 0.3.


# %% tags=["solution"]
def hardest_positive(d, pids):
    """(N,) distance of each picture's farthest positive; d: (N, N), pids: (N,)."""
    same = pids[:, None] == pids
    np.fill_diagonal(same, False)
    return np.where(same, d, -np.inf).max(1)


def trihard(d, pids):
    """The mean hinge of the hardest triplets."""
    negative = np.where(pids[:, None] == pids, np.inf, d).min(1)
    return np.maximum(0.3 + hardest_positive(d, pids) - negative, 0).mean()


# %%
check("hardest-positive", hardest_positive)
check("trihard", trihard)

# %%
ask("without-stop-gradient")

# %% tags=["solution"]
choose("without-stop-gradient", "a")

# %% [markdown]
# **The exchanges.** The value of the metric mutual loss, and the divergence that pulls a
# student to its target's prediction.


# %% tags=["solution"]
def metric_mutual(d1, d2):
    """Both students' terms over all pairs; d1, d2: (N, N)."""
    return ((d1 - d2) ** 2 + (d2 - d1) ** 2).mean()


def class_mutual(logits, target_logits):
    """KL(target || student), summed over classes; both (N, K)."""
    exp = [np.exp(x - x.max(1, keepdims=True)) for x in (logits, target_logits)]
    student, target = (e / e.sum(1, keepdims=True) for e in exp)
    return (target * np.log(target / student)).sum(1).mean()


# %%
check("metric-mutual", metric_mutual)
check("class-mutual", class_mutual)

# %%
results = {
    "sizes": dict(zip(("this run", "the paper's"), rows.values(), strict=False)),
    "hinge_when_squeezed": ends,
    "zero_gradient": {"value_ratio": ratio, "gradient_difference": apart},
    "kl_too_small_by": too_small,
    "pull": pull,
}
run.write(results)
print(run.provenance())
