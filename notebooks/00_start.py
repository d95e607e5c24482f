# %% [markdown]
# # Start here
#
# Two photographs, taken by two cameras, minutes apart. Do they show the same person? In
# November 2017 a paper, *AlignedReID: Surpassing Human-Level Performance in Person
# Re-Identification* (Zhang and others, arXiv 1711.08184), said that a network can now
# answer this better than people can. This book rebuilds the method, piece by piece, on
# a machine without a GPU, and then asks of every claim whether it holds.
#
# **You will do**: see the idea in one figure, play one round of the game that all the
# numbers are about, and read the results. **You will learn** what re-identification,
# rank-1 and mAP are, where things are in this book, and how far the paper itself is
# known to us. **You need** a little PyTorch, and no knowledge of the field.

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick or paper
dataset: str = "drawn"  # or a name from data_sets/index.md
data_root: str = ""  # where the photographs lie; the drawn data need none
runs_root: str = ""  # where runs are kept; empty: runs/ of the project
seed: int = 0  # shuffles the candidates of the game

# %%
import random
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from reprolib import alignment, book
from reprolib import settings as profiles
from reprolib.book import figures, reported
from reprolib.data import drawn, drawn_spec
from reprolib.study import headline

# %%
pd.set_option("display.max_colwidth", None)
run = book.open("00_start", profile, dataset, data_root, runs_root, seed)
settings = run.settings

# %% [markdown]
# ## The idea
#
# A person is found by a detector, which draws a box around them. The box becomes a
# small picture, and the picture is cut into seven horizontal *stripes*. If the box is
# right, the first stripe holds the head, the third the waist. But boxes are often
# wrong, and then stripe 3 of one picture shows what stripe 4 or 5 of the other shows.
#
# AlignedReID does not compare stripe 1 with 1, 2 with 2. It measures how far every
# stripe of one picture is from every stripe of the other, and looks for the cheapest
# way through that table from the heads to the feet, never stepping back. The cost of
# the way is the distance of the two pictures.
#
# The people in this book are drawn, so anybody can have them. Here a stripe is nothing
# but its mean colour; a network will do better.

# %%
examples = replace(drawn_spec(settings.data), seed=0)  # the same pictures in every run


def stripes(picture):
    """(H, W, 3) uint8 -> (7, 3): mean colour of the middle of seven stripes."""
    channels = torch.from_numpy(picture).permute(2, 0, 1).float() / 255
    return F.adaptive_avg_pool2d(channels, (7, 3))[..., 1].T


first, _ = drawn.draw_with_box(examples, 7, 3, 0)
second, _ = drawn.draw_with_box(examples, 7, 1, 9, shift=-0.17, scale=0.85)
d = alignment.stripe_distances(stripes(first)[None], stripes(second)[None])[0, 0]
path = alignment.trace_path(d)
print("matched stripes:", *(f"{i + 1}-{j + 1}" for i, j in path))

# %% mystnb={"figure": {"name": "the-idea", "caption": "One person, two cameras; the second box is wrong. Left: stripes compared in order, shirt with shorts. Middle: the shortest path matches like with like. Right: the path in the table of distances, dark is near."}, "image": {"alt": "Two pairs of pictures of a drawn pedestrian in a blue shirt with an orange backpack. Horizontal lines join stripes of equal number in the first pair; slanted lines join shirt with shirt and shorts with shorts in the second. To the right a seven by seven heat map with a red staircase line."}}
fig, axes = plt.subplots(
    1, 5, figsize=(figures.WIDTH + 0.6, 2.5), width_ratios=(1, 1, 1, 1, 2.3)
)
fig.get_layout_engine().set(wspace=0.12)
rigid = [(i, i) for i in range(7)]
pair = first, second
figures.links(axes[0], axes[1], pair, rigid, (7, 7), figures.ORANGE)
figures.links(axes[2], axes[3], pair, path, (7, 7), figures.GREEN)
figures.heat_map(axes[4], d, path, values=False)
axes[0].set_title("in order", loc="left")
axes[2].set_title("aligned", loc="left")
plt.show()

# %% [markdown]
# That is the first half of the paper. The second half concerns training: the alignment
# is used *while the network learns*, so that it learns features worth aligning, and two
# networks learn together, each correcting the other (*mutual learning*).
#
# ## The game: person re-identification
#
# You are given one picture, the **query**, and a **gallery** of pictures from other
# cameras. Sort the gallery so that the person in the query comes first. Nobody in it
# was seen in training: a system that merely remembers people gets nowhere.
#
# **Predict, then run.** Which of the eight below is the person on the left?

# %%
asked = 17
people = [asked, asked + 1, 12, 21, 6, 14, 23, 15]  # asked + 1 is a look-alike
random.Random(seed).shuffle(people)
query = drawn.draw(examples, asked, 4, 5)[0]
gallery = [drawn.draw(examples, pid, 1 + pid % 3, 7)[0] for pid in people]

# %% mystnb={"figure": {"name": "game", "caption": "A query and eight candidates. Boxes, cameras and directions of view differ; one candidate is the same person, another was made to look alike."}, "image": {"alt": "A row of nine drawn pedestrians. The leftmost is titled query, the others are numbered 1 to 8."}}
titles = ["query", *map(str, range(1, 9))]
figures.gallery([query, *gallery], 9, titles, size=0.84)
plt.show()

# %%
features = torch.stack([stripes(picture) for picture in gallery])
distance = alignment.local_distance(stripes(query)[None], features)[0]
order = distance.argsort().tolist()
right = [people[i] == asked for i in order]
print(f"You were right if you said {1 + people.index(asked)}.")
print(f"The look-alike is {1 + people.index(asked + 1)}.")

# %% mystnb={"figure": {"name": "game-answer", "caption": "The candidates sorted by the aligned distance of plain colours; the right one is framed in green."}, "image": {"alt": "The same row sorted by distance. Each candidate carries its rank and a tick or a cross; one frame is green and seven are red."}}
fig, axes = plt.subplots(1, 9, figsize=(figures.WIDTH + 0.4, 1.9))
figures.ranked_list(axes, query, [gallery[i] for i in order], right)
plt.show()

# %%
rank = 1 + right.index(True)
print(f"Plain colours put the right person at rank {rank} of {len(order)}.")
print(f"rank-1 of this query: {100 if rank == 1 else 0} %, its AP: {100 / rank:.0f} %")

# %% [markdown]
# **Rank-1** is the share of queries whose first answer is right. **mAP**, the mean of
# the queries' average precision (AP), also rewards finding *all* pictures of the person
# early; with one right picture at rank $r$ the AP is $1/r$. Chapter 1 works it out by
# hand. The field prints both as *rank-1 (mAP)*, in percent, and so do we.
#
# ## The map
#
# Nine chapters, in an order in which each uses what the ones before it made.

# %%
CHAPTERS = {
    "00_start": ("Start here", "idea, map, results"),
    "01_data": ("Data", "people, cameras, protocol"),
    "02_alignment": ("Alignment", "the shortest path"),
    "03_network_and_losses": ("Network, losses", "pixels to features"),
    "04_training": ("Training", "alone and in pairs"),
    "05_ablations": ("Ablations", "what each part is worth"),
    "06_benchmark": ("Benchmark", "re-ranking, reported"),
    "07_human_versus_model": ("Human vs model", "a quiz, with intervals"),
    "08_verdict": ("Verdict", "claim by claim"),
}
PLACES = {1: (0, 2), 2: (1, 2), 3: (2, 2), 4: (2, 1), 5: (1, 1), 6: (0, 1)}
PLACES |= {7: (2, 0), 8: (1, 0), 0: (0, 0)}
ARROWS = [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (4, 7), (6, 8), (7, 8), (8, 0)]

# %% mystnb={"figure": {"name": "map", "caption": "What leads to what. Above, the material; in the middle and to the right, the experiments; below, what follows from them. This chapter is run last, because it shows the results, and read first."}, "image": {"alt": "Nine boxes in three rows joined by arrows: 1 Data to 2 Alignment to 3 Network and losses; down to 4 Training, then 5 Ablations and 6 Benchmark; from 4 also to 7 Human versus model; 6 and 7 lead to 8 Verdict, which leads to 0 Start here."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 3.1))
fills = {0: "#EEEEEE", 1: "#DCEEF9", 4: "#FBEBC8", 7: "#D5EFE6"}
for number, (title, text) in enumerate(CHAPTERS.values()):
    x, y = PLACES[number]
    fill = fills[max(k for k in fills if k <= number)]
    box = {"xy": (x - 0.38, y - 0.3), "width": 0.76, "height": 0.6}
    ax.add_patch(plt.Rectangle(**box, facecolor=fill, edgecolor=figures.GREY))
    ax.text(x, y + 0.09, f"{number}  {title}", ha="center", va="center", weight="bold")
    ax.text(x, y - 0.13, text, ha="center", va="center", fontsize=9)
for start, end in ARROWS:
    a, b = np.array(PLACES[start]), np.array(PLACES[end])
    step = (b - a) * ((0.4, 0.32) if 0 in b - a else (0.36, 0.32))
    arrow = {"arrowstyle": "-|>", "color": figures.GREY, "lw": 1.4}
    ax.annotate("", b - step, a + step, arrowprops=arrow)
ax.set(xlim=(-0.45, 2.45), ylim=(-0.36, 2.36))
ax.axis("off")
plt.show()

# %% [markdown]
# How long does each take? The table reads the times from the records that the chapters
# left on this machine. The trainings that chapter 5 compares stand in a row of their
# own, with what they took where they were made.


# %%
def minutes(found):
    """Seconds of some records as a text, or what to say when there are none."""
    seconds = [record["seconds"] for record in found if record]
    return f"{sum(seconds) / 60:.1f}" if seconds else "not run yet"


times = {
    f"{number}  {title}": minutes([run.find(name)])
    for number, (name, (title, _)) in enumerate(CHAPTERS.items())
    if number
}
cells, source = run.cells()
times[f"{len(cells)} trainings ({source})"] = minutes(cells.values())
pd.DataFrame({"minutes": times})

# %% [markdown]
# Three ways to read it. In an hour, to understand the method: chapters 1 to 3, with
# their "Predict, then run". In ten minutes, to know what came out: this chapter, the
# figures of chapter 5, and chapter 8. To check us: `reprolib/`, the small library
# behind the chapters, whose every module has tests; the chapters call it and show its
# source where that teaches something.
#
# ## What the paper claims
#
# 1. **Alignment while learning helps.** The local branch with its shortest path makes
#    the network's *global* feature better, the one vector that describes a whole
#    picture. At test the paper drops the stripes and compares that vector alone (mark B
#    below: known at second hand).
# 2. **Two networks learn better than one**, when each is pulled towards the other's
#    predictions and towards its table of distances between the pictures of a batch (B).
# 3. **With re-ranking, it beats people.** On two data sets the rank-1 after re-ranking
#    is said to exceed that of human annotators (A). Re-ranking (RK below) sorts a list
#    again after asking whether two pictures have the same neighbours.
#
# Claims 1 and 2 can be tested anywhere, also on drawings: train with the part and
# without it, several times, and look at the difference. Claim 3 is about people; what
# we can test is whether the comparison was a fair one.

# %% [markdown]
# ## The results
#
# Three kinds of rows: what the paper reports, what others got when they rebuilt it (of
# each source the row with the best rank-1), and what this book got here.

# %%
table = reported.load().query("dataset == 'Market1501'")
is_paper = table.source.str.contains("paper")
others = table[table.source.str.contains("/AlignedReID")]
best = others.groupby("source", sort=False).rank1.idxmax()


def score(rank1, mAP):
    """Rank-1 (mAP), or a dash where nothing was reported."""
    return "-" if pd.isna(rank1) else f"{rank1:.1f} ({mAP:.1f})"


rows = [
    {
        "who": "the paper" if "paper" in r.source else r.source,
        "what": r.method,
        "data": f"{r.dataset}; {r.protocol}",
        "rank-1 (mAP)": score(r.rank1, r.mAP),
        "re-ranked": score(r.rk_rank1, r.rk_mAP),
        "mark": r.status,
    }
    for r in pd.concat([table[is_paper], table.loc[best]]).itertuples()
]

# %%
for row in headline.rows(cells, settings):
    line = {"who": "this book", "what": row["name"], "mark": "C"}
    line["data"] = f"{dataset}, profile {profile}; {row['note']}"
    line["rank-1 (mAP)"] = score(row["rank1"], row["mAP"])
    rows.append({**line, "re-ranked": ""})
pd.DataFrame(rows).set_index("who")

# %% [markdown]
# Do not compare our rows with the ones above them. The paper trained two ResNet-50 on
# four data sets of photographs, for about fifty million picture passes; the profile
# `quick` trains a small network on drawings for minutes. What can be compared is the
# *difference* between two rows of ours that differ in one part of the method, and
# whether it points the way the paper says. That is what chapters 5 and 8 do, over
# several seeds, with the spread.
#
# Two more warnings about the rows of others. None of them states repeats, so a
# difference of a few tenths may be luck. And one of the paper's four training sets,
# MARS, shows people of the Market1501 test (chapter 1).
#
# ## What is in doubt
#
# The PDF of the paper could not be had while this book was written. What it says is
# known from its abstract, from its words as others quote them, and from public code. So
# every reported number and setting carries a mark:

# %%
for mark, meaning in reported.STATUSES.items():
    print(f"{mark}  {meaning}")
print(f"\nTo be checked against the PDF, {len(reported.TO_BE_CHECKED)} points:")
for question in reported.TO_BE_CHECKED:
    print(" -", question)

# %% [markdown]
# What was merely remembered is printed nowhere. Where a setting is unknown it is a
# switch in the library, with the value that the public codes agree on as its default.
# If you have the PDF open beside this page, you are in a position to shorten the list.

# %% [markdown]
# ## How to run it
#
# Two commands do everything, from the folder of the repository, on Linux with Python
# 3.11 or 3.12:
#
# ```
# make reproduce     # set up, run all chapters, print the table of results
# make test          # set up, run the tests
# ```
#
# Both may be stopped and called again: what is finished is not done twice. One chapter
# alone, with any parameter of its second cell or of its profile changed:
#
# ```
# papermill notebooks/04_training.ipynb out.ipynb -p profile smoke
# python -m reprolib run 04_training --profile smoke
# ```
#
# (after `source .venv/bin/activate`; the second refuses a parameter that does not
# exist, and tells which cell failed if one does.) With photographs, VIPeR for one, give
# the folder that they were unpacked to:

# %% [markdown]
# ```
# make reproduce DATASET=viper DATA_ROOT=/path/to/viper
# ```
#
# A *profile* is a set of sizes: `smoke` proves that every line runs and no more,
# `quick` is the book as published, `paper` is the paper's own setting as far as it is
# known, for those who have the data and a GPU.


# %%
def sizes(name):
    """What a profile asks of a machine, in words."""
    s = profiles.load(name, dataset)
    net = s.network
    return {
        "network": f"{net.backbone}, {net.stages} stages, {net.weights or 'scratch'}",
        "pictures": f"{s.data.height} x {s.data.width}",
        "batch": f"{s.schedule.ids_per_batch} x {s.schedule.shots_per_id}",
        "steps": f"{s.schedule.steps:,}",
        "seeds": len(s.study.seeds),
    }


pd.DataFrame({name: sizes(name) for name in profiles.profiles()}).T

# %% [markdown]
# Every run leaves its executed notebook, its trained networks and a `results.json` with
# parameters, seed, versions, hardware and scores in `runs/`. Every chapter ends with
# one line that says where its numbers come from.
#
# ## Take-away
#
# Re-identification is a game of sorting: the person in the query should come first.
# AlignedReID compares two pictures by the cheapest order-keeping match of their
# stripes, and trains with it. This book can tell which parts of that help on data that
# anybody can draw; whether the paper's own numbers hold it can only compare, and it
# says where.
#
# **Exercises.**
# 1. Before reading on, write down which part you expect to matter most: the alignment,
#    the second network, or the re-ranking. Chapter 8 will remind you.
# 2. Change `second` in the idea's cell to another `pid`. Does the path still look
#    sensible? Is its cost larger?
# 3. Play the game with another `seed`, and with `asked = 19`. Do you look at colours
#    first, or at their places?

# %%
run.write({"rows": len(rows), "game_rank": rank})
print(run.provenance())
