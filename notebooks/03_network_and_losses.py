# %% [markdown]
# # 3. Network and losses: what is learnt, and from what
#
# Chapter 2 compared stripes of colour. Colours change with the camera, so a network
# must learn better ones. Nobody tells it what a good stripe is. It is told only which
# pictures show the same person, and a handful of losses turn that into a gradient.
#
# **You will do**: follow one batch of pictures from pixels to features, count what
# three backbones cost, find the batch's hardest triplets, and take apart every term of
# the loss. **You will learn** why the triplets are chosen by one distance and used by
# two, what the paper's stop-gradient does (less than it seems), and how a
# harmless-looking default makes a loss vanish. **You need** PyTorch modules and chapter
# 2. Nothing is trained here; that is chapter 4.

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick or paper
dataset: str = "drawn"  # or a name from data_sets/index.md
data_root: str = ""  # where the photographs lie; the drawn data need none
runs_root: str = ""  # where runs are kept; empty: runs/ of the project
seed: int = 0  # chooses the first weights and the batch of this chapter

# %%
import inspect
import math

import matplotlib.pyplot as plt
import pandas as pd
import torch
import torch.nn.functional as F

from reprolib import book, losses, networks, training
from reprolib import settings as profiles
from reprolib.alignment import local_distance, paired_local_distance
from reprolib.alignment.distances import euclidean
from reprolib.book import figures
from reprolib.data.dataset import classes
from reprolib.data.pictures import normalise
from reprolib.data.sampling import IdentitySampler
from reprolib.networks import backbones

run = book.open("03_network_and_losses", profile, dataset, data_root, runs_root, seed)
settings, store = run.settings, run.store
net, loss = settings.network, settings.loss

# %% [markdown]
# ## One batch
#
# Everything below happens to one batch, made as chapter 1 taught: P people, K pictures
# of each. The paper takes 40 x 4 (mark A); a small machine takes fewer people, never
# fewer than two pictures of each, or there would be no pair to pull together.

# %%
training_set = store.pixels("train", settings.data.box_error)
labels = classes(store.dataset(settings.data.box_error).train)
P, K = settings.schedule.ids_per_batch, settings.schedule.shots_per_id
index = IdentitySampler(labels, P, K, seed, training_set.sets).batch(0)
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
network = networks.build(net, identities, seed).train()
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
# ## Two branches
#
# The *global branch* pools the map over its whole grid: one vector a picture. The
# *local branch* pools over the width only, so that each row becomes one vector, and a
# 1x1 convolution makes it shorter (the paper: 2048 to 128 channels, mark B). A third
# output, the logits, is a linear layer on the global vector. This is the code that
# chapter 4 will train:

# %%
for branch in (network.pooled, network.stripes):
    print(inspect.getsource(branch))
with torch.no_grad():
    stripes = network.stripes(maps)
    print("global", tuple(network.pooled(maps).shape))
print("local ", tuple(stripes.shape), f"· length {stripes[0, 0].norm():.4f}")

# %% mystnb={"figure": {"name": "network", "caption": "From pixels to features, with the shapes of this profile's network. The two branches read the same map; the upper one forgets where things were, the lower one keeps the height."}, "image": {"alt": "A diagram. Left, one picture of the batch, an arrow to the backbone, an arrow to the feature map. From the map one arrow goes up to the global branch with its vector and on to the logits, another down to the local branch with its seven stripes."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.3))
ax.set(xlim=(0, 10), ylim=(0, 1))
ax.axis("off")
_, channels, height, width = maps.shape
ax.inset_axes((0.0, 0.0, 0.15, 1.0)).axis("off")
ax.child_axes[0].imshow(figures.as_image(training_set.images[index[0]]))
over = f"{net.horizontal_pooling} over columns, then 1x1 convolution"
whole = f"{net.global_pooling} over rows and columns"
for x, y, colour, text in (
    (2.8, 0.5, figures.SKY, f"{net.backbone}\n{net.stages} stages"),
    (4.8, 0.5, figures.SKY, f"map\n{channels} x {height} x {width}"),
    (7.0, 0.85, figures.BLUE, f"{whole}\nglobal: {channels}"),
    (9.35, 0.85, figures.PURPLE, f"linear\nlogits: {identities}"),
    (7.3, 0.15, figures.GREEN, f"{over}\nlocal: {height} x {stripes.shape[2]}"),
):
    style = {"boxstyle": "round,pad=0.45", "facecolor": colour, "alpha": 0.35}
    ax.text(x, y, text, ha="center", va="center", fontsize=8.5, bbox=style)
style = {"arrowstyle": "-|>", "color": figures.GREY}
into = ((1.4, 0.5, 2.15, 0.5), (3.45, 0.5, 4.1, 0.5))
fork = ((5.3, 0.66, 5.7, 0.78), (5.3, 0.34, 5.7, 0.22), (8.33, 0.85, 8.85, 0.85))
for x0, y0, x1, y1 in into + fork:
    ax.annotate("", (x1, y1), (x0, y0), arrowprops=style)
plt.show()

# %% [markdown]
# ## What the paper does not say
#
# Whether the poolings take the maximum or the mean: every public code averages in the
# global branch, and they differ in the local one (the co-author's takes the maximum).
# What stands around the 1x1 convolution: nothing else; batch normalisation and ReLU
# after it; or both before it. Whether features are scaled to unit length. `Settings`
# has a switch for each, and two of them change the geometry. Recall that Equation 1
# turns a distance $x$ of two stripes into $d = \tanh(x/2)$, whose slope is
# $(1 - d^2)/2$.
#
# **Predict, then run.** After a ReLU no number of a stripe is negative. How far apart
# can two such stripes of unit length be? And without unit length, what slope is left?


# %%
def geometry(layout, unit):
    """Distances of all stripes of the batch, and the slope of Equation 1 there."""
    s = settings.changed(local_layout=layout, normalise_stripes=unit, weights="")
    with torch.no_grad():
        f = networks.build(s.network, identities, seed).stripes(maps)
    x = F.pdist(f.flatten(0, 1))
    slope = (1 - torch.tanh(x / 2) ** 2) / 2
    names = ("unit length", "layout", "largest x", "mean x", "mean slope")
    numbers = (float(x.max()), float(x.mean()), float(slope.mean()))
    return dict(zip(names, (unit, layout, *numbers), strict=True))


layouts = profiles.FIELDS["local_layout"].metadata["choices"]
shapes = pd.DataFrame([geometry(k, unit) for unit in (True, False) for k in layouts])
shapes.set_index(["unit length", "layout"]).round(3)

# %% [markdown]
# With a final ReLU all vectors lie in one corner of space, so none are further apart
# than at a right angle: $x \le \sqrt 2$, and an element distance is at most 0.61
# instead of 0.76. Without unit length the distances are as large as they please, and
# Equation 1 goes flat: each layout loses slope here, before any training, and nothing
# keeps the features from growing. Users of public codes report that the local loss then
# falls silent (mark B), hence our default. Global features meet no such curve; we train
# them as they are, like the co-author's code.
#
# ## A stripe sees more than its stripe
#
# It is tempting to think of stripe 4 as the fourth seventh of the picture. The gradient
# tells the truth. Ask which pixels change stripe 4 of the map, mean over the batch.

# %% mystnb={"figure": {"name": "receptive-field", "caption": "How strongly each pixel row moves the middle stripe of the untrained network. The shaded rows are the stripe's own; most of what it knows comes from outside, and its centre is the stripe's upper edge."}, "image": {"alt": "A curve over the height of the picture: a broad hump several times as wide as the shaded middle stripe, highest at the stripe's upper edge, with tails that run far up and down the picture."}}
seen = images.clone().requires_grad_()
middle_row = maps.shape[2] // 2
network.eval()
network.backbone(seen)[:, :, middle_row].sum().backward()
network.train().zero_grad()
influence = seen.grad.abs().mean(dim=(0, 1)).sum(1)
per_row = influence / influence.sum()
tall = settings.data.height // maps.shape[2]
top, bottom = tall * middle_row, tall * (middle_row + 1)
own = float(per_row[top:bottom].sum())
print(f"the stripe's own rows: {tall} of {settings.data.height}, {top} to {bottom - 1}")
print(f"their part of the influence: {100 * own:.0f} %")
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.4))
ax.axvspan(top, bottom, color=figures.SKY, alpha=0.35, label="the stripe's own rows")
ax.plot(100 * per_row, color=figures.BLUE)
ax.set(xlabel="row of pixels, from the top", ylabel="influence, %")
ax.set_xlim(0, len(per_row))
ax.set_ylim(0)
ax.legend()
plt.show()

# %% [markdown]
# Stripes overlap, and the deeper the network the more. That is one reason why even
# rigid matching survives small errors of the box. And the hump sits half a stripe too
# high: a strided convolution with a border of padding centres its first output on the
# first pixel row. All pictures share that offset, and no distance notices.
#
# ## Three backbones and their price
#
# The paper is of 2017, when ResNet-50 meant the original: where a stage halves the
# picture, the *first* 1x1 convolution of its first block does it, and throws three
# quarters of its input away. torchvision's "v1.5" lets the 3x3 convolution do it. The
# paper's second backbone, ResNet-50-X, replaces each 3x3 by an *Xception cell*: a 3x3
# convolution of each channel by itself, then a 1x1 that mixes them, with nothing
# between (mark B). A last stride of 1 instead of 2, a habit of later work, doubles the
# rows of the map, and with them the stripes.
#
# **Predict, then run.** Which of these switches change the number of parameters, and
# which only the work? 751 is the number of Market1501's training identities.


# %%
def row(s, ids, name):
    """One network's price for one picture, and its number of stripes."""
    size = s.data.height, s.data.width
    parameters, multiply_adds, shape = networks.cost(s.network, ids, size)
    return {
        "backbone": name,
        "stride on": "3x3" if "18" in s.network.backbone else s.network.first_stride,
        "last stride": s.network.last_stride,
        "parameters, million": round(parameters / 1e6, 2),
        "multiply-adds, billion": round(multiply_adds / 1e9, 3),
        "map": " x ".join(map(str, shape)),
        "stripes H": shape[1],
    }


price = [row(settings, identities, f"this profile: {net.backbone}")]
paper = profiles.load("paper", dataset)
for name in ("ResNet-50", "ResNet-50-X", "ResNet-18"):
    for first_stride in ("3x3",) if name == "ResNet-18" else ("1x1", "3x3"):
        for last_stride in (2, 1):
            s = paper.changed(first_stride=first_stride, last_stride=last_stride)
            s = s.changed(backbone=name.lower().replace("-", ""))
            price.append(row(s, 751, f"{name}, 224 x 224"))
pd.DataFrame(price).set_index(["backbone", "stride on", "last stride"])

# %%
inner = backbones.ResNet("resnet50x").layer1[0].conv2
print(inner)
plain, cells = price[1], price[5]
kinds = ("parameters, million", "multiply-adds, billion")
saved = {kind: 100 * (1 - cells[kind] / plain[kind]) for kind in kinds}
for kind, percent in saved.items():
    print(f"ResNet-50-X saves {percent:.0f} % of the {kind.split(',')[0]}")

# %% [markdown]
# The paper's shapes are all here: a map of 2048 x 7 x 7, hence seven stripes. Strides
# change the work alone; a last stride of 1 adds about half of it again, or more. The
# cells save both: a 3x3 convolution of $C$ channels has $9C^2$ weights, its cell
# $9C + C^2$. (PyTorch's own counter counted the convolutions and the linear layers;
# normalisation, ReLU and pooling are left out, as is usual.)
#
# Weights of one ResNet-50 load into the other without complaint, yet they were trained
# for another computation. torchvision's ImageNet weights are of v1.5 and the library
# refuses them for the original; those come from a file (`-p weights FILE`). For
# ResNet-50-X nobody has published any.
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
# at random. Our layer starts with large weights on purpose: with the usual small ones
# little of its gradient would reach the features, and the identity loss would begin
# mute beside the triplets. What the triplets do without it, chapter 5 shows.
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
# two masks; here is the end of the library's function. Below it the matrix, and some of
# the triplets as pictures: of the three people with the largest error, the worst anchor
# each. What made the stranger look near, clothes or camera?

# %%
distance = euclidean(features.global_, features.global_)
positive, negative = losses.batch_hard(distance, pids)
print(inspect.getsource(losses.batch_hard).split('float("inf")\n')[1])
same = pids[:, None] == pids
anchor = torch.arange(len(pids))
print("positives of the anchor's pid:", int(same[anchor, positive].sum()))
print("negatives of another:", int((~same)[anchor, negative].sum()))

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

# %% mystnb={"figure": {"name": "triplets", "caption": "Three hard triplets of the batch: anchor, farthest positive, nearest negative, with the global distance to the anchor."}, "image": {"alt": "Nine pictures of pedestrians in a row, three groups of three. In each group the second shows the person of the first under other conditions and the third shows somebody else who looks closer."}}
error = (distance[anchor, positive] - distance[anchor, negative]).detach()
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
#
# **Predict, then run.** A batch of P x K pictures also holds N(K-1)(N-K) triplets. What
# share of all of them would cost anything, and what share of the N hardest?

# %%
camera = training_set.camids[index]
same_camera = (camera[:, None] == camera).float()
by_chance = float(same_camera[~same].mean())
of_hardest = float(same_camera[anchor, negative].mean())
print(f"strangers before the anchor's own camera: {100 * by_chance:.0f} %")
print(f"of the hardest negatives: {100 * of_hardest:.0f} %")
possible = same & ~torch.eye(len(pids), dtype=torch.bool)
possible = possible[:, :, None] & ~same[:, None, :]
violated = loss.margin + distance[:, :, None] > distance[:, None, :]
violated = violated[possible].float()
far, near = distance[anchor, positive], distance[anchor, negative]
active = (loss.margin + far > near).float().mean()
print(f"all {len(violated)} triplets: {100 * violated.mean():.0f} % active")
print(f"the {len(anchor)} hardest: {100 * active:.0f} % active")
print(f"global hinge {losses.hinge(far, near, loss.margin):.3f}")

# %% [markdown]
# As far as the second number exceeds the first, this network, which has learnt nothing,
# judges by light and backdrop instead of the person in front of them. To tell the two
# apart is what the losses have to teach. The share of *active* triplets among the
# hardest is worth watching in training: when it reaches zero this loss has nothing more
# to say.
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
local_hinge = losses.hinge(local_far, local_near, loss.margin)
print(f"local hinge {local_hinge:.3f}")
own_positive, own_negative = losses.batch_hard(local_distance(f, f), pids)
agree = float((own_negative == negative).float().mean())
print(f"mined by local distance, {100 * agree:.0f} % of the negatives were the same")

# %% [markdown]
# Mining twice would be slower, and would set the two branches to different work. This
# way the local branch is asked about the very pairs that the global branch gets wrong,
# and its answer flows back into the backbone that both share. The paper tests with the
# global feature alone (mark B), so the local branch has to earn its place by making
# that feature better. Whether it does, chapter 5 measures.
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
# **Predict, then run**: how do its value and its gradient compare with those of the
# plain mean of $(M^1 - M^2)^2$?

# %%
other = networks.build(net, identities, seed + 1).train()
other_features = other(images)
M1 = distance.detach().double().requires_grad_()
M2 = euclidean(other_features.global_, other_features.global_)
M2 = M2.detach().double().requires_grad_()
with_zg, plain = losses.metric_mutual_loss(M1, M2), ((M1 - M2) ** 2).mean()
ratio = float((with_zg / plain).detach())
print(f"with ZG {with_zg:.6f}, plain {plain:.6f}, ratio {ratio:.6f}")
gradient_zg = torch.autograd.grad(with_zg, (M1, M2))
gradient_plain = torch.autograd.grad(plain, (M1, M2))
both = zip(gradient_zg, gradient_plain, strict=True)
apart = max(float((a - b).abs().max()) for a, b in both)
largest = float(gradient_plain[0].abs().max())
print(f"largest gradient {largest:.2e}, largest difference of the two {apart:.1e}")

# %% [markdown]
# Each square is written twice, so the value doubles. The gradient stays: in the first
# square only $M^2$ moves, with derivative $2(M^2 - M^1)$; in the second only $M^1$,
# with $2(M^1 - M^2)$. That is just what $(M^1 - M^2)^2$ gives. Adam and SGD see only
# first gradients, so with them the stop-gradient changes the number in the log and
# nothing that is learnt (mark C: computed here). What does differ is the *second*
# derivative:


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
# standing still. It also lets each student be updated on its own machine, which may be
# the practical reason for writing the loss so.
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
# students. The first serves one network; the second sums over students, adds the
# exchanges between them, and weighs the parts.

# %%
for function in (training.student_losses, training.batch_loss):
    source = inspect.getsource(function).split('"""')
    print(source[0].rstrip() + source[2])

# %% [markdown]
# The weights 0.001 and 0.01 are the paper's (mark B); 1 for the others is ours and the
# public codes'. The log holds the *unweighted* parts, each as the mean over the
# students. How loud is each part in the end? A loss is heard through its gradient, so
# measure that: its length at the last stage of the backbone, weight included.

# %% mystnb={"figure": {"name": "loudness", "caption": "How strongly each weighted part of the loss moves the last stage of the backbone at the very start. The scale is logarithmic."}, "image": {"alt": "Five horizontal bars on a logarithmic scale: identity, global and local are long, the two mutual losses are shorter by one or more orders of magnitude."}}
both = [features, other_features]
aligned = settings.changed(local="aligned").loss
each = [training.student_losses(g, batch_classes, aligned) for g in both]
parts = {name: each[0][0][name] for name in ("identity", "global", "local")}
parts["metric_mutual"] = losses.metric_mutual_losses([matrix for _, matrix in each])
parts["class_mutual"] = losses.classification_mutual_losses([g.logits for g in both])
weights = list(getattr(network.backbone, f"layer{net.stages}").parameters())
loudness = {}
for name, value in parts.items():
    weighed = getattr(loss, f"{name}_weight") * value
    gradient = torch.autograd.grad(weighed, weights, retain_graph=True)
    loudness[name] = float(torch.cat([g.flatten() for g in gradient]).norm())
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
# feed both hinges, an identity loss teaches beside them, and two students may compare
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
        "sizes": {name: price[k] for k, name in enumerate(("this run", "the paper's"))},
        "xception_saves": saved,
        "stripe_geometry": shapes.to_dict("records"),
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
