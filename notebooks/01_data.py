# %% [markdown]
# # 1. Data: who is who, seen by whom
#
# A camera at a corner has seen a woman in an orange coat. Which of the twenty thousand
# people that five other cameras saw today is she? To teach a machine to answer,
# somebody must first have answered by hand, thousands of times, and somebody must have
# decided what counts as an answer. This chapter is about both.
#
# **You will do**: open a data set, look at it, find out what makes it hard, score one
# query by hand, and fill a training batch. **You will learn** the field's words
# (identity, camera, query, gallery, junk, distractor), its protocol, its P x K sampler,
# and why two of the paper's four training sets have a problem together. **You need**
# chapter 0, and pandas and PyTorch tensors.

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick or paper
dataset: str = "drawn"  # or a name from data_sets/index.md
data_root: str = ""  # where the photographs lie; the drawn data need none
runs_root: str = ""  # where runs are kept; empty: runs/ of the project
seed: int = 0  # chooses the batches and augmentations of this chapter

# %%
from collections import Counter
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.colors import ListedColormap

from reprolib import book, evaluation
from reprolib.book import figures, reported
from reprolib.data import drawn, drawn_spec, pictures, sampling
from reprolib.data.dataset import DISTRACTOR, JUNK, classes
from reprolib.data.sets import market1501

run = book.open("01_data", profile, dataset, data_root, runs_root, seed)
settings, store = run.settings, run.store
schedule = settings.schedule

# %% [markdown]
# ## Opening it
#
# The book runs on drawn pedestrians unless it is given photographs. Drawings cost
# nothing, hurt nobody's privacy, and come with a truth that no photograph has: we know
# where each knee is. Their boxes can be made as wrong as we like, from 0 (perfect) to 1
# (a bad detector). Each such *dose* is a data set of its own: the same people, cameras
# and poses, only cropped otherwise. Whatever is not there yet is drawn now.

# %%
doses = settings.study.doses if dataset == "drawn" else (settings.data.box_error,)
sets = {dose: store.dataset(dose) for dose in doses}
data = store.dataset(settings.data.box_error)
print("doses of box error:", *(f"{dose:g}" for dose in sets))
if data.overlap:  # several data sets, joined for training
    found = "{people} people, {pictures} pictures: {done}".format(**data.overlap)
    print("people of the test among the training pictures:", found)
data.statistics()

# %% [markdown]
# Three *splits*. The network learns from **train**. A **query** is a picture whose
# person we look for; the **gallery** is where we look. Nobody in train appears in the
# other two: the network is tested on people it has never seen, so it cannot learn *who*
# somebody is, only *how to compare*. Two columns of the table have names of their own,
# **distractor** and **junk**; we come to them with the protocol.
#
# For scale: Market1501 has 12,936 pictures of 751 people to train on and 3,368 queries
# of 750 others, taken by six cameras. Its gallery folder holds 19,732 boxes: 13,115 of
# those people, 2,798 distractors, 3,819 junk. Of the junk the protocol sees nothing, so
# people speak of a gallery of 15,913.
#
# ## Names and folders
#
# Market1501 says everything in a file's name. `0002_c1s1_000451_03.jpg` is identity 2,
# camera 1, sequence 1, frame 451, third box of that frame. Distractors carry the
# identity `0000`, junk `-1`. The drawn data are written to disk in the same way, so
# that one reader serves both; every other data set has names and a reader of its own.
# Here is one picture of each split, and what the reader made of its name. Every picture
# is then decoded once, to one size, and kept as bytes; `pid` is the data set's own
# number of a person, `camid` that of a camera.

# %%
for split in ("train", "query", "gallery"):
    photo = getattr(data, split)[-1]
    place = photo.path.relative_to(photo.path.parents[1])
    print(f"{split:8} {place!s:45} pid {photo.pid:4}  camera {photo.camid}")

train = store.pixels("train", settings.data.box_error)
query = store.pixels("query", settings.data.box_error)
gallery = store.pixels("gallery", settings.data.box_error)
print("train", tuple(train.images.shape), train.images.dtype)
print("gallery pids, a few:", gallery.pids[:: len(gallery) // 6].tolist())

# %% [markdown]
# ## People and cameras
#
# One row of the sheet below is one person as every camera saw them. Read along a row
# and you see what a network must *ignore*: light, backdrop, direction, size. Read down
# a column and you see what it must *keep*.

# %% mystnb={"figure": {"name": "people-and-cameras", "caption": "People in rows, cameras in columns (with only two cameras, several people share a row). Light, backdrop, direction and box change along a row; the person does not."}, "image": {"alt": "A sheet of pictures of pedestrians. Each person keeps clothes and build along the row while backdrop, tint, direction of view, and place in the box change."}}
cameras = train.camids.unique().tolist()[:6]  # joined sets and CUHK-SYSU have many
columns = max(1, 8 // len(cameras)) * len(cameras)
people = train.pids.unique().tolist()[: min(12, 4 * columns // len(cameras))]
found = [
    torch.nonzero((train.pids == pid) & (train.camids == camid)).flatten()
    for pid in people
    for camid in cameras
]
titles = [f"camera {c}" for c in cameras] * (columns // len(cameras))
nothing = torch.zeros_like(train.images[0])
sheet = [train.images[i[0]] if len(i) else nothing for i in found]
titles += [""] * (len(sheet) - columns)
fig, axes = figures.gallery(sheet, columns, titles, size=0.72)
plt.show()

# %% [markdown]
# What does a camera do to *everybody*? Average all its pictures: people blur into a
# ghost, and what stays is the camera.

# %% mystnb={"figure": {"name": "mean-of-a-camera", "caption": "The mean of all training pictures of each camera, with the mean red, green and blue below its number. Each camera has its own tint and brightness: a feature could tell cameras apart more easily than people."}, "image": {"alt": "A row of blurred grey figures, one for each camera, with backgrounds of different tint and brightness."}}
groups = [torch.nonzero(train.camids == c).flatten() for c in cameras]
groups = [group[:: 1 + len(group) // 500] for group in groups]  # some of very many
means = [train.images[group].float().mean(0) for group in groups]
titles = [
    f"camera {c}\n{' '.join(f'{v:.0f}' for v in mean.mean((1, 2)))}"
    for c, mean in zip(cameras, means, strict=True)
]
fig, axes = figures.gallery([m.byte() for m in means], len(means), titles, size=1.0)
plt.show()

# %% [markdown]
# That is the trap in every data set of this kind: two pictures by one camera look alike
# whoever they show. The protocol below is built to close it.
#
# ## What makes it hard: the box
#
# In a real system nobody crops the person by hand: a detector does, and it errs. The
# method of this book exists because of that error, so we look at it first. Below, one
# shot in a box that gets worse from left to right. Nothing else changes.

# %% mystnb={"figure": {"name": "growing-box-error", "caption": "Two shots under growing box error, 0 to 1, cut into the seven stripes of the method. On the right the stripe that held the shirt holds something else."}, "image": {"alt": "Two rows of five pictures. From left to right the pedestrian moves up or down and grows or shrinks within the crop, while the white lines of the stripes stay."}}
examples = replace(drawn_spec(settings.data), seed=0)  # the same pictures in every run
strengths = (0.0, 0.25, 0.5, 0.75, 1.0)
shots = [
    drawn.draw(examples, pid, camid, shot, box_error=strength)[0]
    for pid, camid, shot in ((7, 3, 0), (3, 1, 1))
    for strength in strengths
]
titles = [f"error {s:g}" for s in strengths] + [""] * len(strengths)
fig, axes = figures.gallery(shots, len(strengths), titles, size=1.0)
for ax in axes.flat:
    edges = np.linspace(0, examples.height, 8)[1:-1]
    ax.hlines(edges, 0, examples.width, color="white", linewidth=0.8)
plt.show()

# %% [markdown]
# How much is that over the whole set? Each drawn picture comes with the heights of
# crown, neck, waist, knees and soles. A stripe is a seventh of the picture, 0.14 of its
# height. **Predict, then run.** At full error, how many stripes does the waist wander
# through?

# %%
spread = {}
for dose, one in sets.items():
    if one.landmarks is None:
        print("These data have no landmarks: the figure shows drawn people only.")
        break
    waists = np.array([one.landmarks[photo.path.name][2] for photo in one.train])
    low, high = np.quantile(waists, (0.05, 0.95))
    spread[f"{dose:g}"] = float(waists.std())
    print(f"error {dose:4g}: nine of ten waists from {low:.2f} to {high:.2f}, ", end="")
    print(f"{(high - low) * 7:.1f} stripes")

# %% mystnb={"figure": {"name": "waist-heights", "caption": "Where the waist lies in the crop: a dot is a drawn picture, dotted lines are the borders of the stripes. Perfect boxes keep all waists at one height; bad boxes spread them over several stripes."}, "image": {"alt": "Five columns of dots, one for each strength of box error from 0 to 1. The dots of error 0 form one tight row; the columns grow longer to the right until they cover about three stripes."}}
people = range(1, 1 + min(50, examples.train_ids))
small = replace(examples, height=28, width=14)  # only the heights matter here
jitter = np.random.default_rng(seed)
fig, ax = plt.subplots(figsize=(figures.WIDTH, 3.0))
for place, strength in enumerate(strengths):
    waists = [
        drawn.draw(small, pid, camid, 0, box_error=strength)[1][2]
        for pid in people
        for camid in (1, 2, 3)
    ]
    x = place + jitter.uniform(-0.3, 0.3, len(waists))
    ax.scatter(x, waists, s=7, color=figures.BLUE, alpha=0.6, linewidths=0)
for edge in np.linspace(0, 1, 8):
    ax.axhline(edge, color=figures.GREY, linestyle=":", linewidth=1)
ax.grid(False)
ax.set(xlabel="box error", ylabel="height in the crop", ylim=(1.02, -0.02))
ax.set_xticks(range(len(strengths)), [f"{s:g}" for s in strengths])
plt.show()

# %% [markdown]
# A network that compares stripe 3 with stripe 3 compares waists with chests as soon as
# the box is bad. Chapter 2 shows what can be done about it.
#
# ## What makes it hard: pose and occlusion
#
# People turn. A print shows in front, a backpack behind, and from the side neither. And
# the world stands in the way: signs, benches, cars, other people. Of these troubles
# alignment mends next to nothing. They are in the data because they are in every data
# set.

# %% mystnb={"figure": {"name": "pose-and-occlusion", "caption": "Above: one person, one camera, six moments. Below: a bench, a sign, a car, a pole, and twice another person in the picture. Whose picture is it then?"}, "image": {"alt": "Two rows of six pictures. In the first a woman in a striped shirt with an orange backpack is seen from the front, the back and the sides. In the second row objects or a second pedestrian hide part of each person."}}
turned = [(6, 1, shot) for shot in (2, 5, 1, 9, 12, 4)]
hidden = [(4, 4, 1), (6, 1, 0), (3, 5, 0), (15, 5, 1), (19, 5, 2), (18, 3, 1)]
shots = [drawn.draw(examples, *shot, box_error=0)[0] for shot in turned + hidden]
fig, axes = figures.gallery(shots, 6, size=0.95)
plt.show()

# %% [markdown]
# ## What makes it hard: look-alikes
#
# In a crowd in winter everybody wears a dark coat. The drawn data make sure of that:
# about half of the people have a *look-alike* in the same split, who differs in one
# attribute, or wears the same two colours the other way round. The second kind is cruel
# to any method that only counts colours; only their *place* on the body tells the two
# apart.


# %%
def difference(one, two):
    """What tells two identities apart, such as "hat: cap / none"."""
    pair = [drawn.describe(examples, pid) for pid in (one, two)]
    looks = {key: f"{look} / {pair[1][key]}" for key, look in pair[0].items()}
    keys = [key for key in looks if pair[0][key] != pair[1][key]]
    name = "swapped" if len(keys) == 2 else keys[0].replace("_", " ")
    return f"{name}: {looks[keys[0]]}"


twins = drawn.look_alikes(examples)
kinds = Counter(difference(*pair).partition(":")[0] for pair in twins)
print(len(twins), "pairs, by what differs:", dict(kinds.most_common()))

# %% mystnb={"figure": {"name": "look-alikes", "caption": "Four pairs of look-alikes, each in the same camera, with what tells them apart."}, "image": {"alt": "Four pairs of drawn pedestrians. Within each pair clothes, build and hair agree but for the attribute named above the pair."}}
fig = plt.figure(figsize=(figures.WIDTH, 2.25))
for part, pair in zip(fig.subfigures(1, 4), twins[:4], strict=True):
    part.suptitle(difference(*pair), fontsize=9)
    for ax, pid in zip(part.subplots(1, 2), pair, strict=True):
        figures.show(ax, drawn.draw(examples, pid, 2, 3, box_error=0)[0], f"pid {pid}")
plt.show()

# %% [markdown]
# ## The protocol, on one query
#
# Now we search. For want of a network a picture is described by the mean colour of the
# middle of each of seven stripes, 21 numbers, and the gallery is sorted by distance to
# the query. What is a hit? The Market1501 protocol, which nearly everybody uses, says:
#
# - *Single query*: one picture is all we have of the person.
# - Pictures of the **same person by the same camera** are left out of this query's
#   list: to find those is no feat.
# - **Junk** (`-1`: half a body, a box too bad to judge) is left out of every list,
#   wherever it ranks. It neither helps nor hurts.
# - **Distractors** (`0`: false alarms of the detector) stay, and are always wrong.
# - Everybody else is wrong, and the person in another camera is right.


# %%
def colours(images):
    """(N, 3, H, W) uint8 -> (N, 21): mean colour of the middle of seven stripes."""
    parts = [F.adaptive_avg_pool2d(x.float() / 255, (7, 3)) for x in images.split(512)]
    return torch.cat(parts)[..., 1].flatten(1)


def role(q, g):
    """What the protocol makes of gallery picture `g` for query `q`."""
    if gallery.pids[g] in (JUNK, DISTRACTOR):
        return "junk" if gallery.pids[g] == JUNK else "distractor"
    if gallery.pids[g] != query.pids[q]:
        return "wrong"
    return "same camera" if gallery.camids[g] == query.camids[q] else "right"


distance = torch.cdist(colours(query.images), colours(gallery.images))
order = distance.argsort(1)
shown = 9
variety = [len({role(q, g) for g in row}) for q, row in enumerate(order[:, :shown])]
q = int(np.argmax(variety))  # the query whose first nine show most of the rules

# %% mystnb={"figure": {"name": "protocol", "caption": "A real ranked list under the protocol. Numbers count only what is kept; a dash marks what is left out. A green frame is right, a red one wrong, a grey one left out."}, "image": {"alt": "A query and the nine nearest gallery pictures in a row. Each has a rank number or a dash and a word above it: right, wrong, distractor, junk or same camera."}}
frames = {"right": figures.GREEN, "wrong": figures.RED, "distractor": figures.RED}
fig, axes = plt.subplots(1, 1 + shown, figsize=(figures.WIDTH + 0.8, 2.1))
figures.show(axes[0], query.images[q], "\nquery")
rank = 0
for ax, g in zip(axes[1:], order[q], strict=False):
    what = role(q, g)
    rank += what in frames
    number = rank if what in frames else "-"
    figures.show(ax, gallery.images[g], f"{number}\n{what.replace(' ', chr(10))}")
    ax.title.set_fontsize(8)
    figures.frame(ax, frames.get(what, figures.GREY))
plt.show()

# %% [markdown]
# Two numbers sum up the list. **Rank-1** asks only whether the first kept picture is
# right. **Average precision** looks at all of the person's pictures: at the rank $r_k$
# of the $k$-th of $K$ right ones the list so far is right in a share $k / r_k$, and
#
# $$\mathrm{AP} = \frac{1}{K} \sum_{k=1}^{K} \frac{k}{r_k}.$$
#
# Averaged over all queries they become the table's *rank-1* and *mAP*.

# %%
roles = [role(q, g) for g in order[q]]
kept = [r for r in roles if r not in ("junk", "same camera")]
ranks = 1 + np.flatnonzero([r == "right" for r in kept])
by_hand = np.mean(np.arange(1, 1 + len(ranks)) / ranks)
camids = query.camids, gallery.camids
result = evaluation.evaluate(distance, query.pids, gallery.pids, *camids, average="all")
print(f"{len(roles)} in the gallery, {len(kept)} kept; right ones at ranks", *ranks)
print(f"AP by hand {by_hand:.4f}, library {float(result.ap[q]):.4f}")

# %% [markdown]
# The rule about the same camera is worth a number. **Predict, then run.** By how much
# would these plain colours look better without it? (A gallery that holds no picture by
# the query's own camera shows no difference.)

# %%
nobody = torch.full_like(query.camids, -1)  # no gallery picture has this camera
naive = evaluation.evaluate(distance, query.pids, gallery.pids, nobody, gallery.camids)
for name, score in (("protocol", result), ("same camera counted", naive)):
    print(f"{name:20} rank-1 {100 * score.cmc[0]:5.1f}  mAP {100 * score.mAP:5.1f}")

# %% [markdown]
# Such details decide what a published number means. Chapter 6 turns more of these
# screws: junk counted as wrong, the two ways to integrate AP, queries without a match.
#
# ## The sampler: P people, K pictures each
#
# The loss of chapter 3 needs, for every picture of a batch, another of the same person
# and some of other people. Pictures drawn blindly rarely come in pairs. So the batch is
# built from identities: choose P of them, then K pictures of each. The paper took 40 x
# 4.
#
# **Predict, then run.** Of a batch of the same size drawn blindly, what share of the
# pictures has a partner?

# %%
labels = classes(data.train)
sampler = sampling.IdentitySampler(
    labels, schedule.ids_per_batch, schedule.shots_per_id, seed, train.sets
)


def with_partner(batch):
    """The share of a batch that finds another picture of the same identity in it."""
    same = labels[batch][:, None] == labels[batch]
    return float((same.sum(1) > 1).float().mean())


generator = torch.Generator().manual_seed(seed)
batch = sampler.batch(0)
blind = [
    with_partner(torch.randperm(len(labels), generator=generator)[: len(batch)])
    for _ in range(200)
]
print(f"P x K {100 * with_partner(batch):.0f} %, blindly {100 * np.mean(blind):.0f} %")
epoch = torch.cat([sampler.batch(step) for step in range(sampler.batches_per_epoch)])
count = torch.bincount(labels[epoch], minlength=len(labels.unique()))
print("pictures of an identity in one epoch, and how many identities have that many:")
print(dict(sorted(Counter(count.tolist()).items())))

# %% mystnb={"figure": {"name": "batch", "caption": "Part of one batch as the network gets it: a column is one identity with its K pictures, drawn from all cameras."}, "image": {"alt": "A sheet of pictures, eight people side by side, the pictures of each in one column below the identity number."}}
grid = batch.view(schedule.ids_per_batch, schedule.shots_per_id)[:8]
titles = [f"pid {train.pids[i]}" for i in grid[:, 0]]
titles += [""] * (grid.numel() - len(titles))
sheet = train.images[grid.T.flatten()]
fig, axes = figures.gallery(sheet, len(grid), titles, size=0.62)
plt.show()

# %% [markdown]
# Is it fair? Within an epoch every identity comes at most once, and one with few
# pictures counts as much as one with many. In Market1501, where some people have 70
# pictures and others two, that matters. Identities with none, if there are any in the
# count above, are the remainder that did not fill a batch; another epoch shuffles anew.
# If several data sets are joined, each gives an equal share of every batch: a set of
# half a million frames does not drown one of ten thousand pictures, but the people of
# a small set come round more often.
#
# A batch depends on the seed and its number alone, so a training that
# was interrupted goes on as if nothing had happened.
#
# ## Augmentation
#
# The paper's is modest: a random flip, and a random crop. The crop is itself a small
# box error, at most a few hundredths of the picture; compare it with the figure of
# growing box error. Every picture of a batch gets its own.

# %% mystnb={"figure": {"name": "augmentation", "caption": "One training picture and seven augmentations of it: flipped or not, and moved a little."}, "image": {"alt": "Eight versions of one picture; some are mirrored, each is shifted by a few pixels, edges are repeated."}}
original = train.images[:1]
seven = original.expand(7, -1, -1, -1)
augmented = pictures.augment(seven, schedule.crop_padding, seed)
fig, axes = figures.gallery(
    [*original, *augmented], 8, ["original", *[""] * 7], size=0.85
)
plt.show()

# %% [markdown]
# ## The people that MARS and Market1501 share
#
# The paper trains on four data sets joined: Market1501, CUHK03, MARS and CUHK-SYSU.
# More data, better features. But MARS and Market1501 show the *same people*, under the
# same identity numbers, and each was split into train and test in its own way. The
# lists of identities are public and come with this book.
#
# **Predict, then run.** How many of Market1501's 750 test people does MARS train on?

# %%
lists = market1501.people_lists()
mars_train, mars_test = set(lists["mars_train"]), set(lists["mars_test"])
queries = {int(pid): count for pid, count in lists["market_query"].items()}
leaked = mars_train & queries.keys()
leaked_queries = sum(queries[pid] for pid in leaked)
share = leaked_queries / sum(queries.values())
print(f"{len(leaked)} of {len(queries)} test people, {len(leaked) / len(queries):.1%}")
print(f"{leaked_queries} of {sum(queries.values())} queries, {share:.1%}")
back = mars_test & set(lists["market_train"])
print(f"the other way round: MARS tests {len(back)} people of Market1501's train")
chance = len(mars_train) / (len(queries) + len(lists["market_train"]))
print(f"expected of two splits drawn independently: {chance * len(queries):.0f} people")

# %% mystnb={"figure": {"name": "shared-identities", "caption": "Every square is a person of Market1501, coloured by where MARS has them. The red part of the right half shows the test people whom a network trained on both sets has met in training."}, "image": {"alt": "Two fields of about 750 small squares each, titled Market1501 train and test. In each about four tenths are red for MARS train, four tenths blue for MARS test, and the rest grey for people not in MARS."}}
palette = [figures.RED, figures.BLUE, "#D0D0D0"]
names = ("in MARS train", "in MARS test", "not in MARS")
fig, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.3))
halves = {"train": lists["market_train"], "test": list(queries)}
for ax, (half, people) in zip(axes, halves.items(), strict=True):
    where = sorted(0 if p in mars_train else 1 if p in mars_test else 2 for p in people)
    field = np.full(26 * 30, np.nan)
    field[: len(where)] = where
    colours_of = ListedColormap(palette)
    ax.pcolormesh(field.reshape(30, 26).T, cmap=colours_of, lw=1, ec="white")
    ax.set(title=f"Market1501 {half}: {len(people)} people", aspect="equal")
    ax.axis("off")
    counts = [f"{name}: {where.count(k)}" for k, name in enumerate(names)]
    marks = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in palette]
    ax.legend(marks, counts, loc="upper center", bbox_to_anchor=(0.5, 0), fontsize=8)
plt.show()

# %% [markdown]
# The overlap is as large as chance makes it: the two splits simply ignore each other.
# Is the paper's number wrong, then? We do not know. Whether the authors removed the
# shared people before training is not known to us (chapter 0 says what could be read
# and what not). What can be computed is how much the leak *could* have bought. If every
# leaked query was answered right because its person was known, the reported rank-1 $R$
# leaves for the unseen people
#
# $$R_{\text{unseen}} = \frac{R - 100\,s}{1 - s},$$
#
# with $s$ the share of leaked queries. That is the lower end; the upper end is $R$
# itself, if knowing the people helped not at all.

# %%
table = reported.load().query("dataset == 'Market1501'")
paper = table[table.method == "AlignedReID"].iloc[0]
alone = table[table.protocol.str.contains("alone")].rank1
unseen = (paper.rank1 - 100 * share) / (1 - share)
inside = int(alone.between(unseen, paper.rank1).sum())
print(f"reported {paper.rank1} (status {paper.status}): unseen people between", end=" ")
print(f"{unseen:.1f} and {paper.rank1}")
print(f"on Market1501 alone others report {alone.min()} to {alone.max()};", end=" ")
print(f"{inside} of these {len(alone)} numbers lie in that range")

# %% [markdown]
# A range that wide holds most of what others reached on Market1501 alone. So nothing in
# this book rests on the paper's joined-training numbers: we compare *differences*
# between methods that were trained alike, where a leak cannot take sides so easily.
#
# When this book joins data sets it takes the shared people out of training
# (`overlap = "remove"`); with `"keep"` they stay, and the run's record says which. How
# much a leak of this size buys can be tried where people can be made at will: chapter 5
# lets as large a share of the drawn test leak into training.
#
# ## Take-away
#
# A data set of this field is pictures with two numbers, who and by which camera, and a
# protocol that says what counts as found. What makes it hard is that cameras, boxes,
# poses and look-alikes change a picture more than the person does. Batches are built
# from identities, and a test is only a test if its people were never trained on.
#
# **Exercises.**
# 1. Take the query of the protocol figure, count junk as wrong, and compute its AP
#    again.
# 2. Describe a picture by one mean colour instead of seven. Which look-alikes can then
#    no longer be told apart, and how do rank-1 and mAP change?
# 3. With P = 16 identities of 200 and blind choice of 64 of 2,400 pictures, derive the
#    share of pictures with a partner on paper and compare.
# 4. Leave the leaked people out of MARS: how many identities are left to train on?

# %%
run.write(
    {
        "statistics": data.statistics().to_dict("index"),
        "waist_spread": spread,
        "colours": {"rank1": 100 * result.cmc[0], "mAP": 100 * result.mAP},
        "overlap": {"people": len(leaked), "queries": leaked_queries},
        "joined": data.overlap,
    }
)
print(run.provenance())
