# %% [markdown]
# # 3. Network and losses: what is learnt, and from what
#
# Chapter 2 compared stripes of colour. Colours change with the camera, so a network
# must learn better ones. Nobody tells it what a good stripe is. It is told only which
# pictures show the same person, and a handful of losses turn that into a gradient.
#
# **You will do**: follow one batch of pictures from pixels to features, find its
# hardest triplets by hand, and take apart every term of the loss. **You will learn**
# why the triplets are chosen by one distance and used by two, what the paper's
# stop-gradient does (less than it seems), and how a harmless-looking default makes a
# loss vanish. **You need** PyTorch modules and chapter 2. Nothing is trained here; that
# is chapter 4.

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick or paper
dataset: str = "drawn"  # drawn, viper or market1501
data_root: str = ""  # where the photographs lie; the drawn data need none
runs_root: str = ""  # where runs are kept; empty: runs/ of the project
seed: int = 0  # chooses the first weights and the batch of this chapter

# %%
import inspect
import math
from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from reprolib import experiments, figures, losses, networks, profiles, records, training
from reprolib.alignment import local_distance, paired_local_distance
from reprolib.data.dataset import classes
from reprolib.data.pictures import normalise
from reprolib.data.sampling import IdentitySampler
from reprolib.distances import euclidean

# %%
figures.style()
settings = profiles.settings(profile, dataset, globals())
run = records.open_run(
    "03_network_and_losses",
    profile=profile,
    settings=settings,
    dataset=dataset,
    data_root=data_root,
    runs_root=runs_root,
    seed=seed,
)

# %% [markdown]
# ## One batch
#
# Everything below happens to one batch, made as chapter 1 taught: P people, K pictures
# of each. The paper takes 40 x 4 (mark A); a small machine takes fewer people, never
# fewer than two pictures of each, or there would be no pair to pull together.

# %%
bench = experiments.Bench(run)
training_set = bench.pixels("train", settings.box_error)
labels = classes(bench.dataset(settings.box_error).train)
P, K = settings.ids_per_batch, settings.shots_per_id
index = IdentitySampler(labels, P, K, seed).batch(0)
images, pids = normalise(training_set.images[index]), training_set.pids[index]
identities = int(labels.max()) + 1
print(f"{P} people x {K} pictures:", tuple(images.shape), images.dtype)
print(f"the training set has {identities} identities")

# %% [markdown]
# ## From pixels to a feature map
#
# The backbone is a ResNet without its classifier. From the second stage on, each halves
# height and width and doubles the channels. The paper's is a ResNet-50 that starts from
# ImageNet's weights (mark B); the quick profile has a thinner and shorter ResNet-18
# with random weights, so that a laptop can train it. Send the batch through, stage by
# stage.

# %%
network = networks.build(settings, identities, seed).train()
x = images
print(f"{'pixels':8}", tuple(x.shape))
with torch.no_grad():
    for name, stage in network.backbone.named_children():
        x = stage(x)
        if name not in ("bn1", "relu"):
            print(f"{name:8}", tuple(x.shape))
maps = x

# %% [markdown]
# The last shape is the one to remember: N pictures, C channels, and a small grid. It
# has seven rows, from head to foot. Row 3 of the map *is* stripe 3 of the person, which
# is the whole trick: no pose detector, no part labels, only the rows that were there
# anyway.
#
# ## The global branch
#
# Average the map over its grid and one vector is left for the whole picture. The paper
# says "global pooling" and not which kind; every public code averages. Two pictures are
# compared by the Euclidean distance of their vectors, the *global distance*.

# %%
global_ = maps.mean(dim=(2, 3))
print("map   ", tuple(maps.shape))
print("global", tuple(global_.shape))

# %% [markdown]
# ## The local branch
#
# Here only the width is pooled, so each row becomes one vector. A 1x1 convolution then
# makes it shorter (the paper: 2048 to 128 channels, mark B), and it is scaled to unit
# length. Watch the third axis: seven stripes all the way.

# %%
with torch.no_grad():
    rows = maps.amax(dim=3) if settings.horizontal_pooling == "max" else maps.mean(3)
    print("rows   ", tuple(rows.shape), "·", settings.horizontal_pooling)
    thin = network.local(rows.unsqueeze(3)).squeeze(3)
    print("thinner", tuple(thin.shape))
    stripes = F.normalize(thin.transpose(1, 2), dim=2)
    print("local  ", tuple(stripes.shape), f"· length {stripes[0, 0].norm():.4f}")

# %% [markdown]
# That is the whole network, and it fits in one picture. A third output, the logits, is
# a linear layer on the global vector; we meet it below.


# %%
def box(x, y, text, colour):
    style = {"boxstyle": "round,pad=0.45", "facecolor": colour, "alpha": 0.35}
    plt.text(x, y, text, ha="center", va="center", fontsize=8.5, bbox=style)


def arrow(start, end):
    style = {"arrowstyle": "-|>", "color": figures.GREY}
    plt.annotate("", end, start, arrowprops=style)


# %% mystnb={"figure": {"name": "network", "caption": "From pixels to features, with the shapes of this profile's network. The two branches read the same map; the upper one forgets where things were, the lower one keeps the height."}, "image": {"alt": "A diagram. Left, one picture of the batch, an arrow to the backbone, an arrow to the feature map. From the map one arrow goes up to the global branch with its vector and on to the logits, another down to the local branch with its seven stripes."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.3))
ax.set(xlim=(0, 10), ylim=(0, 1))
ax.axis("off")
_, channels, height, width = maps.shape
example = figures.as_image(training_set.images[index[0]])
ax.inset_axes((0.0, 0.0, 0.15, 1.0)).axis("off")
ax.child_axes[0].imshow(example)
box(2.8, 0.5, f"{settings.backbone}\n{settings.stages} stages", figures.SKY)
box(4.8, 0.5, f"map\n{channels} x {height} x {width}", figures.SKY)
box(7.0, 0.85, f"mean over rows and columns\nglobal: {channels}", figures.BLUE)
box(9.35, 0.85, f"linear\nlogits: {identities}", figures.PURPLE)
text = f"{settings.horizontal_pooling} over columns, then 1x1 convolution"
box(7.3, 0.15, f"{text}\nlocal: {height} x {stripes.shape[2]}", figures.GREEN)
arrow((1.4, 0.5), (2.15, 0.5))
arrow((3.45, 0.5), (4.1, 0.5))
arrow((5.3, 0.66), (5.7, 0.78))
arrow((5.3, 0.34), (5.7, 0.22))
arrow((8.33, 0.85), (8.85, 0.85))
plt.show()

# %% [markdown]
# ## What the paper does not say
#
# Pooling over the width can be by maximum or by mean: the paper is silent, a
# co-author's code takes the maximum, others the mean. Around the 1x1 convolution the
# public codes differ as well: nothing else; batch normalisation and ReLU after it; or
# both before it. `Settings` has a switch for each. One of these choices changes the
# geometry.
#
# **Predict, then run.** After a ReLU no number of a stripe is negative. How far apart
# can two such stripes of unit length then be?


# %%
def largest_distance(layout):
    """The largest and the mean distance x of two stripes in the batch."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        head = networks.local_head(layout, maps.shape[1], settings.local_channels)
    with torch.no_grad():
        f = F.normalize(head(rows.unsqueeze(3)).squeeze(3).transpose(1, 2), dim=2)
    x = torch.cdist(f.flatten(0, 1), f.flatten(0, 1))
    return float(x.max()), float(x.mean())


for layout in profiles.CHOICES["local_layout"]:
    largest, mean = largest_distance(layout)
    print(f"{layout:13} largest x {largest:.2f}, mean {mean:.2f}")
print(f"bound with a final ReLU: {math.sqrt(2):.2f}")

# %% [markdown]
# All vectors lie in one corner of space, so none are further apart than at a right
# angle: $x \le \sqrt 2$, and an element distance of Equation 1 is at most 0.61 instead
# of 0.76. A local distance is a sum of 13 such numbers. The margin that asks for a gap
# of 0.3 in that sum is therefore a mild one.
#
# ## A stripe sees more than its stripe
#
# It is tempting to think of stripe 4 as the fourth seventh of the picture. The gradient
# tells the truth. Ask which pixels change stripe 4 of the map, mean over the batch.

# %%
seen = images.clone().requires_grad_()
middle_row = maps.shape[2] // 2
network.eval()
network.backbone(seen)[:, :, middle_row].sum().backward()
network.train()
network.zero_grad()
influence = seen.grad.abs().mean(dim=(0, 1))
per_row = influence.sum(1) / influence.sum()
tall = settings.height // maps.shape[2]
top, bottom = tall * middle_row, tall * (middle_row + 1)
own = float(per_row[top:bottom].sum())
print(f"the stripe's own rows: {tall} of {settings.height}, {top} to {bottom - 1}")
print(f"their part of the influence: {100 * own:.0f} %")
print(f"the most influential row: {per_row.argmax()}")

# %% mystnb={"figure": {"name": "receptive-field", "caption": "How strongly each pixel row moves the middle stripe of the untrained network. The shaded rows are the stripe's own; most of what it knows comes from outside, and its centre is the stripe's upper edge."}, "image": {"alt": "A curve over the height of the picture: a broad hump several times as wide as the shaded middle stripe, highest at the stripe's upper edge, with tails that run far up and down the picture."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.4))
ax.axvspan(top, bottom, color=figures.SKY, alpha=0.35, label="the stripe's own rows")
ax.plot(100 * per_row, color=figures.BLUE)
ax.set(xlabel="row of pixels, from the top", ylabel="influence, %")
ax.set_xlim(0, len(per_row))
ax.set_ylim(0)
ax.legend()
plt.show()

# %% [markdown]
# Stripes overlap, and the deeper the network the more. A stripe knows its neighbourhood
# best and some of the rest. That is one reason why even rigid matching survives small
# errors of the box. And it sits half a stripe too high: a strided convolution with a
# border of padding centres its first output on the first pixel row, so row $r$ of the
# map looks at the upper edge of its stripe. All pictures share that offset, and no
# distance notices.
#
# ## Two networks called ResNet-50
#
# The paper is of 2017, when ResNet meant the original: where a stage halves the
# picture, the *first* 1x1 convolution of its first block does it, and throws three
# quarters of its input away. torchvision's "v1.5" lets the 3x3 convolution do it
# instead. Weights of one load into the other without complaint, but they were trained
# for another computation.

# %%
for first_stride in ("1x1", "3x3"):
    backbone = networks.ResNet("resnet50", channels=8, first_stride=first_stride)
    block = backbone.layer2[0]
    strides = {f"conv{k}": getattr(block, f"conv{k}").stride[0] for k in (1, 2, 3)}
    print(first_stride, strides)

# %% [markdown]
# **Predict, then run.** Which of the two has more parameters, and which is slower? The
# networks below live on PyTorch's `meta` device: shapes without numbers, so that even
# the paper's size costs nothing. 751 is the number of Market1501's training identities.


# %%
def measured(s, ids=751):
    """Parameters, multiply-adds and shapes of a network, without computing it."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        net = networks.AlignedReID(replace(s, weights=""), ids).eval()
        picture = torch.empty(1, 3, s.height, s.width)
        features = net(picture)
    shape = net.backbone(picture).shape[1:]
    return {
        "parameters, million": sum(p.numel() for p in net.parameters()) / 1e6,
        "multiply-adds, billion": counter.get_total_flops() / 2e9,
        "map": " x ".join(map(str, shape)),
        "local": " x ".join(map(str, features.local.shape[1:])),
    }


paper = profiles.settings("paper", dataset)
sizes = {
    f"this profile, {settings.backbone}": measured(settings, identities),
    "ResNet-50 at 224, original": measured(replace(paper, first_stride="1x1")),
    "ResNet-50 at 224, v1.5": measured(replace(paper, first_stride="3x3")),
}
pd.DataFrame(sizes).T

# %% [markdown]
# The paper's shapes are all here: a map of 2048 x 7 x 7 and seven stripes of 128. The
# two ResNet-50 have the same parameters, in the same places; v1.5 only computes more.
# The paper has a second backbone, ResNet-50-X, in which each 3x3 convolution becomes a
# depthwise one and a 1x1 (mark B); it is not built here.
#
# ## The identity loss
#
# The simplest teacher asks: which of the training identities is this? One linear layer
# on the global vector, softmax, cross-entropy. Test identities are other people, so the
# layer is thrown away afterwards; only the features it shaped stay.

# %%
features = network(images)
batch_classes = labels[index]
identity_loss = F.cross_entropy(features.logits, batch_classes)
print(f"identity loss {identity_loss:.2f}, of even guesses {math.log(identities):.2f}")

# %% [markdown]
# An untrained classifier may well cost *more* than even guesses: it guesses firmly and
# at random. Our layer starts with large weights on purpose. With the usual small ones
# the identity loss begins mute, and the triplets, left alone, pull all pictures to one
# point.
#
# ## TriHard: learn from the hardest
#
# The metric loss speaks of triplets: an *anchor* picture, a *positive* of the same
# person, a *negative* of another. Far positive, near negative: that is an error, and
# the hinge
#
# $$\big[\, m + d(a, p) - d(a, n) \,\big]_+$$
#
# charges for it until the negative is farther by the margin $m$. Most triplets are easy
# and teach nothing. TriHard (batch-hard) keeps one for each anchor: its *farthest*
# positive and its *nearest* negative in the batch. That takes the distance matrix and
# two masks.

# %%
distance = euclidean(features.global_, features.global_)
same = pids[:, None] == pids
oneself = torch.eye(len(pids), dtype=torch.bool)
positive = distance.masked_fill(~same | oneself, -math.inf).argmax(1)
negative = distance.masked_fill(same, math.inf).argmin(1)
library = losses.batch_hard(distance, pids)
for ours, theirs in zip((positive, negative), library, strict=True):
    print("as the library:", torch.equal(ours, theirs))

# %% mystnb={"figure": {"name": "hard-triplets", "caption": "The global distances of the first people of the batch before any training, a block of K x K for each person along the diagonal. In each row a circle marks the farthest positive and a cross the nearest negative among the pictures shown."}, "image": {"alt": "A square heat map with thin white lines around blocks of the same person along the diagonal. Each row has a white circle inside its own block and an orange cross outside it, mostly on dark cells."}}
shown = min(len(pids), 8 * K)
part = distance.detach()[:shown, :shown]
far, near = losses.batch_hard(part, pids[:shown])
fig, ax = plt.subplots(figsize=(5.4, 4.6))
mesh = ax.imshow(part)
fig.colorbar(mesh, label="global distance")
ax.plot(far, range(shown), "o", mfc="none", mec="white", ms=6, label="hardest positive")
ax.plot(near, range(shown), "x", color=figures.ORANGE, ms=6, label="hardest negative")
for k in range(0, shown, K):
    block = plt.Rectangle((k - 0.5, k - 0.5), K, K, fill=False, ec="white", lw=0.8)
    ax.add_patch(block)
ax.grid(False)
ax.set(xlabel="picture", ylabel="anchor", xlim=(-0.5, shown - 0.5))
fig.legend(loc="outside upper center", ncols=2, facecolor="#BBBBBB", frameon=True)
plt.show()

# %% [markdown]
# Here are some of those triplets as pictures: of the three people with the largest
# error, the worst anchor each. What made the stranger look near, clothes or camera?

# %% mystnb={"figure": {"name": "triplets", "caption": "Three hard triplets of the batch: anchor, farthest positive, nearest negative, with the global distance to the anchor."}, "image": {"alt": "Nine pictures of pedestrians in a row, three groups of three. In each group the second shows the person of the first under other conditions and the third shows somebody else who looks closer."}}
error = distance.detach()[torch.arange(len(pids)), positive]
error = error - distance.detach()[torch.arange(len(pids)), negative]
worst, place = error.view(P, K).max(1)
pictures, titles = [], []
for person in worst.argsort(descending=True)[:3].tolist():
    a = K * person + int(place[person])
    p, n = int(positive[a]), int(negative[a])
    pictures += [training_set.images[index[i]] for i in (a, p, n)]
    titles += ["anchor", f"same {distance[a, p]:.2f}", f"other {distance[a, n]:.2f}"]
figures.gallery(pictures, 9, titles, size=0.78)
plt.show()

# %% [markdown]
# Counting the cameras answers the question for the whole batch.

# %%
camera = training_set.camids[index]
same_camera = camera[:, None] == camera
by_chance = float(same_camera[~same].float().mean())
of_hardest = float(same_camera[torch.arange(len(pids)), negative].float().mean())
print(f"strangers before the anchor's own camera: {100 * by_chance:.0f} %")
print(f"of the hardest negatives: {100 * of_hardest:.0f} %")

# %% [markdown]
# As far as the second number exceeds the first, this network, which has learnt nothing,
# judges by light and backdrop instead of the person in front of them. To tell the two
# apart is what the losses have to teach.
#
# **Predict, then run.** A batch of P x K pictures holds N(K-1)(N-K) triplets. What
# share of all of them would cost anything, and what share of the N hardest?

# %%
to_same, to_other = distance[:, :, None], distance[:, None, :]
possible = (same & ~oneself)[:, :, None] & ~same[:, None, :]
violated = (settings.margin + to_same > to_other)[possible]
anchor = torch.arange(len(pids))
far, near = distance[anchor, positive], distance[anchor, negative]
active = (settings.margin + far > near).float().mean()
print(f"all {len(violated)} triplets: {100 * violated.float().mean():.0f} % active")
print(f"the {len(anchor)} hardest: {100 * active:.0f} % active")
print(f"global hinge {losses.trihard_loss(far, near, settings.margin):.3f}")

# %% [markdown]
# The share of *active* triplets among the hardest is worth watching in training. It
# starts near one; when it reaches zero this loss has nothing more to say.
#
# ## The same triplets, seen by the stripes
#
# Now AlignedReID's own step. The triplets were chosen by the *global* distance. The
# local branch takes them as they are, measures them by the shortest path, and adds a
# hinge of its own. So only 2N local distances are needed, not N x N.

# %%
f = features.local
local_far = paired_local_distance(f, f[positive])
local_near = paired_local_distance(f, f[negative])
local_hinge = losses.trihard_loss(local_far, local_near, settings.margin)
print(f"local hinge {local_hinge:.3f}")
own_positive, own_negative = losses.batch_hard(local_distance(f, f), pids)
agree = float((own_negative == negative).float().mean())
print(f"mined by local distance, {100 * agree:.0f} % of the negatives were the same")

# %% [markdown]
# Mining twice would be possible and slower. It would also set the two branches to
# different work. This way the local branch is asked about the very pairs that the
# global branch gets wrong, and its answer flows back into the backbone that both share.
# The paper tests with the global feature alone (mark B), so the local branch has to
# earn its place by making that feature better. Whether it does, chapter 5 measures.
#
# ## Two students: the metric mutual loss
#
# Train two networks side by side on the same batches, and let each learn from the
# other. They share no feature space, so features cannot be compared; distance matrices
# can. With $M^1$ and $M^2$ the global distances of the two students, the paper takes
#
# $$L_M = \frac{1}{N^2} \sum_{ij} \big[ ZG(M^1_{ij}) - M^2_{ij} \big]^2
#       + \big[ M^1_{ij} - ZG(M^2_{ij}) \big]^2 ,$$
#
# where $ZG$ (zero gradient, `detach` in PyTorch) treats its argument as a constant.

# %%
other = networks.build(settings, identities, seed + 1).train()
other_features = other(images)
M1 = distance.detach().double().requires_grad_()
M2 = euclidean(other_features.global_, other_features.global_)
M2 = M2.detach().double().requires_grad_()
with_zg, plain = losses.metric_mutual_loss(M1, M2), ((M1 - M2) ** 2).mean()
ratio = float((with_zg / plain).detach())
print(f"with ZG {with_zg:.6f}, plain {plain:.6f}, ratio {ratio:.6f}")

# %% [markdown]
# Each square is written twice, so the value is twice that of the plain squared
# difference. **Predict, then run**: and the gradient?

# %%
gradient_zg = torch.autograd.grad(with_zg, (M1, M2))
gradient_plain = torch.autograd.grad(plain, (M1, M2))
both = zip(gradient_zg, gradient_plain, strict=True)
apart = max(float((a - b).abs().max()) for a, b in both)
largest = float(gradient_plain[0].abs().max())
print(f"largest gradient {largest:.2e}, largest difference of the two {apart:.1e}")

# %% [markdown]
# They are the same. In the first square only $M^2$ moves, with derivative $2(M^2 -
# M^1)$; in the second only $M^1$, with $2(M^1 - M^2)$. That is just what $(M^1 -
# M^2)^2$ gives. Adam and SGD see only first gradients, so with them the stop-gradient
# changes the number in the log and nothing that is learnt (mark C: computed here). What
# does differ is the *second* derivative:


# %%
def hessian(loss):
    """Second derivatives of `loss` by two distances, one of each student."""
    point = torch.tensor([1.0, 0.4], dtype=torch.float64)
    return torch.autograd.functional.hessian(
        lambda m: loss(m[:1, None], m[1:, None]), point
    )


curvature_zg = hessian(losses.metric_mutual_loss)
curvature_plain = hessian(lambda a, b: ((a - b) ** 2).mean())
print("with ZG", curvature_zg.tolist())
print("plain  ", curvature_plain.tolist())

# %% [markdown]
# Off the diagonal stands how one student's gradient changes when the *other* moves.
# $ZG$ sets it to zero: a method that used curvature would think of the partner as
# standing still. It also lets each student be updated by itself, on its own machine,
# which may be the practical reason for writing the loss so.
#
# ## Two students: the classification mutual loss
#
# The second exchange is Deep Mutual Learning's. Each student is pulled towards the
# other's softmax $t$, held constant, by the Kullback-Leibler divergence
#
# $$KL(t \,\|\, s) = \sum_k t_k \log \frac{t_k}{s_k} .$$
#
# This one is not symmetric, and here the stop-gradient does matter. The paper's
# direction is not known to us; the figure shows what depends on it.

# %% mystnb={"figure": {"name": "kl-direction", "caption": "Two classes; the partner gives the first one 0.9. Left: both divergences are zero there. Right: the gradient by the student's logit. Where the student is sure and wrong, KL(t, s) pulls hardest and KL(s, t) has almost let go."}, "image": {"alt": "Two panels over the student's logit from minus 8 to 8. Left, two curves that touch zero at the same point; one rises as a straight line on the left, the other levels off. Right, their slopes: one tends to minus 0.9 on the left, the other to zero."}}
logit = torch.linspace(-8, 8, 400, dtype=torch.float64, requires_grad=True)
s, t = torch.sigmoid(logit), 0.9
directions = {
    "KL(t ‖ s), used": t * (t / s).log() + (1 - t) * ((1 - t) / (1 - s)).log(),
    "KL(s ‖ t)": s * (s / t).log() + (1 - s) * ((1 - s) / (1 - t)).log(),
}
fig, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.7))
for (name, value), style in zip(directions.items(), ("-", "--"), strict=True):
    slope = torch.autograd.grad(value.sum(), logit, retain_graph=True)[0]
    left.plot(logit.detach(), value.detach(), style, label=name)
    right.plot(logit.detach(), slope, style)
left.set(xlabel="the student's logit", ylabel="divergence", ylim=(0, 6))
right.set(xlabel="the student's logit", ylabel="gradient")
left.legend()
plt.show()

# %% [markdown]
# Towards the left the student firmly denies what its partner says. $KL(t \| s)$ then
# has the gradient $s - t$, the same form as cross-entropy with $t$ as a soft label.
#
# Now the trap. `F.kl_div` averages over *everything* unless told otherwise: over the
# batch, as it should, and over the classes, which a divergence sums. **Predict, then
# run**: by how much is the loss then too small?

# %%
log_s = features.logits.detach().log_softmax(1)
log_t = other_features.logits.detach().log_softmax(1)
each_class = F.kl_div(log_s, log_t, reduction="none", log_target=True)
right, over_both = float(each_class.sum(1).mean()), float(each_class.mean())
too_small = right / over_both
library = float(losses.classification_mutual_loss(log_s, log_t))
print(f"summed over classes {right:.4f} (library {library:.4f})")
print(f"averaged over both  {over_both:.4f}: {too_small:.0f} times too small")

# %% [markdown]
# The factor is the number of classes. The paper weighs this loss by 0.01 already (mark
# B); divide it by Market1501's 751 identities as well, and it is gone. The run would
# show no error, only mutual learning that does nothing.
#
# ## The whole loss
#
# What you took apart is put together in two functions of the library, for any number of
# students. The first serves one network:

# %%
print(inspect.getsource(training.student_losses))

# %% [markdown]
# and the second sums over students, adds the exchanges between them, and weighs the
# parts:

# %%
print(inspect.getsource(training.batch_loss))

# %% [markdown]
# The weights 0.001 and 0.01 are the paper's (mark B); 1 for the others is ours and the
# public codes'. The log holds the *unweighted* parts, each as the mean over the
# students. How loud is each part in the end? A loss is heard through its gradient, so
# measure that: its length at the last stage of the backbone, weight included.

# %%
both = [features, other_features]
aligned = replace(settings, local="aligned")
each = [training.student_losses(g, batch_classes, aligned) for g in both]
parts = {name: each[0][0][name] for name in ("identity", "global", "local")}
parts["metric_mutual"] = losses.metric_mutual_losses([matrix for _, matrix in each])
parts["class_mutual"] = losses.classification_mutual_losses([g.logits for g in both])
weights = list(getattr(network.backbone, f"layer{settings.stages}").parameters())
loudness = {}
for name, value in parts.items():
    weight = getattr(settings, f"{name}_weight")
    gradient = torch.autograd.grad(weight * value, weights, retain_graph=True)
    loudness[name] = float(torch.cat([g.flatten() for g in gradient]).norm())

# %% mystnb={"figure": {"name": "loudness", "caption": "How strongly each weighted part of the loss moves the last stage of the backbone at the very start. The scale is logarithmic."}, "image": {"alt": "Five horizontal bars on a logarithmic scale: identity, global and local are long, the two mutual losses are shorter by one or more orders of magnitude."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.3))
names = [name.replace("_", " ") for name in loudness]
bars = ax.barh(names, list(loudness.values()), color=figures.BLUE)
ax.bar_label(bars, [f" {v:.2g}" for v in loudness.values()])
ax.set(xscale="log", xlabel="length of the gradient, weight included")
ax.set_xlim(min(loudness.values()) / 3, 4 * max(loudness.values()))
ax.invert_yaxis()
plt.show()

# %% [markdown]
# The mutual losses whisper beside the others. Keep that in mind when chapter 4 asks how
# far two students agree, and chapter 5 what mutual learning is worth: at this weight,
# and over a run this short, there may be little to find.
#
# ## Take-away
#
# One backbone, one map, two ways to pool it: the global vector forgets the height and
# the stripes keep it. The hardest triplets of a batch are chosen by global distance and
# feed both hinges, an identity loss steadies the start, and two students may compare
# distance matrices and predictions. The stop-gradient in the metric mutual loss doubles
# its value and leaves its gradient as it was; the reduction of the other one decides
# whether it exists at all.
#
# **Exercises.**
# 1. Set `-p horizontal_pooling mean`. Which figures of this chapter change, and why
#    does the global hinge not?
# 2. Mine the triplets by local distance. How many anchors get another negative, and
#    does the local hinge grow or shrink?
# 3. Write $L_M$ with a factor of one half and show that value *and* gradient cannot
#    both equal those of the plain squared difference.
# 4. Let three students learn together. What does the library divide by, and why?

# %%
run.write(
    {
        "sizes": sizes,
        "stripe_influence": own,
        "active": float(active),
        "hardest_from_same_camera": {"chance": by_chance, "hardest": of_hardest},
        "local_agrees_on_negative": agree,
        "zero_gradient": {
            "value_ratio": ratio,
            "gradient_difference": apart / largest,
            "curvature_with": curvature_zg,
            "curvature_without": curvature_plain,
        },
        "kl_too_small_by": too_small,
        "loudness": loudness,
    }
)
print(run.provenance())
