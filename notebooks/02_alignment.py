# %% [markdown]
# # 2. Alignment: the shortest path between two people
#
# A detector rarely draws its box in the same place twice. In one picture the head
# touches the top edge; in the next there is a hand's breadth of wall above it. Compare
# the two pictures stripe by stripe, head with head, and the head meets a wall.
# AlignedReID lets the stripes slide: it finds, for every pair of pictures, the cheapest
# order-keeping way to match them. This chapter builds that idea from nothing and then
# tries to break it.
#
# **You will do**: cut two pictures into stripes, measure the distance of every stripe
# to every other, find the shortest path through that matrix by hand, and move a box to
# see what alignment is good for. **You will learn** Equations 1 and 2 of the paper, why
# one of them is a hyperbolic tangent, where its gradient goes, and where the method is
# blind. **You need** PyTorch tensors and chapter 1's data. No network yet: colours will
# do.

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick or paper
dataset: str = "drawn"  # or a name from data_sets/index.md
data_root: str = ""  # where the photographs lie; the drawn data need none
runs_root: str = ""  # where runs are kept; empty: runs/ of the project
seed: int = 0  # chooses the people and the pairs of this chapter

# %%
import inspect
import math
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from reprolib import alignment, book
from reprolib.alignment import recurrence as paths
from reprolib.book import figures
from reprolib.data import drawn, drawn_spec

run = book.open("02_alignment", profile, dataset, data_root, runs_root, seed)
settings, store = run.settings, run.store

# %% [markdown]
# ## Two pictures of one person
#
# Whatever data set the book runs on, this chapter starts with drawn pedestrians,
# because of them we know the truth: `drawn.draw` returns a picture and the heights in
# it of crown, neck, waist, knees and soles. `draw_with_box` draws the same shot again
# with the detector's box moved: by a fifth of its height here.

# %%
spec = drawn_spec(settings.data)
pid, camid = 3, 1


def picture(pid, shot, shift=0.0, scale=1.0):
    """One drawn shot as (3, H, W) uint8, and its five landmark heights."""
    image, marks = drawn.draw_with_box(spec, pid, camid, shot, shift, scale)
    return torch.from_numpy(image).permute(2, 0, 1), marks


good, good_marks = picture(pid, shot=0)
bad, bad_marks = picture(pid, shot=0, shift=0.2)
print("picture", tuple(good.shape), good.dtype)
print("waist at", round(good_marks[2], 2), "and at", round(bad_marks[2], 2))

# %% [markdown]
# ## Seven stripes
#
# The network of chapter 3 ends in a feature map of seven rows, and each row becomes one
# *stripe*: a vector of unit length. Until we have a network we let a stripe be a
# histogram of the colours in its middle, in 4 x 4 x 4 bins. The square root
# (Hellinger's) keeps one dominant colour from drowning the rest.

# %%
STRIPES = 7


def colour_stripes(picture, bins=4):
    """(3, H, W) uint8 -> (STRIPES, bins**3), each row of unit length."""
    width = picture.shape[2]
    middle = picture[:, :, width // 4 : -width // 4].long()
    red, green, blue = middle * bins // 256
    code = (red * bins + green) * bins + blue
    counts = [
        torch.bincount(rows.flatten(), minlength=bins**3)
        for rows in code.tensor_split(STRIPES)
    ]
    return F.normalize(torch.stack(counts).float().sqrt(), dim=1)


f, g = colour_stripes(good), colour_stripes(bad)
print("stripes", tuple(f.shape), "· lengths", f.norm(dim=1).tolist()[:2])

# %% [markdown]
# ## Equation 1: how far are two stripes apart?
#
# For stripe $f_i$ of one picture and $g_j$ of the other the paper takes
#
# $$d_{ij} = \frac{e^{x} - 1}{e^{x} + 1}, \qquad x = \lVert f_i - g_j \rVert_2 .$$
#
# It squeezes a distance that could be anything into $[0, 1)$. Multiply numerator and
# denominator by $e^{-x/2}$ and the formula shows its other face:
# $d_{ij} = \tanh(x/2)$. On paper they are the same. In 32-bit arithmetic they are not.
#
# **Predict, then run.** For which of the distances below will the printed formula fail?

# %%
x = torch.tensor([0.0, 1.0, 2.0, 20.0, 88.0, 89.0])
as_printed = (x.exp() - 1) / (x.exp() + 1)
print("as printed:", [round(v, 4) for v in as_printed.tolist()])
print("tanh(x/2): ", [round(v, 4) for v in torch.tanh(x / 2).tolist()])

# %% [markdown]
# $e^{89}$ overflows 32-bit floats, infinity over infinity is not a number, and one such
# stripe poisons a training run. Features of a network that are *not* scaled to unit
# length reach such distances easily. Scaled to unit length they cannot: then $x \le 2$
# and $d \le 0.76$. The second reason for unit length is the gradient.

# %% mystnb={"figure": {"name": "element-distance", "caption": "Equation 1 and its slope. Stripes of unit length stay in the shaded part, where the slope is at least 0.2; long features land where it is zero."}, "image": {"alt": "Two curves over the distance x from 0 to 12. The element distance rises from 0 and flattens at 1 after x = 6; its slope falls from 0.5 to 0. The range 0 to 2 is shaded."}}
x = torch.linspace(0, 12, 400, requires_grad=True)
d = torch.tanh(x / 2)
d.sum().backward()
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.6))
ax.axvspan(0, 2, color=figures.SKY, alpha=0.25, label="stripes of unit length")
ax.plot(x.detach(), d.detach(), color=figures.BLUE, label="$d = \\tanh(x/2)$")
ax.plot(x.detach(), x.grad, color=figures.RED, label="its slope")
ax.set(xlabel="distance x of two stripes", ylim=(0, 1.05), xlim=(0, 12))
ax.legend(loc="center right")
plt.show()

# %% [markdown]
# At $x = 10$ the slope is $10^{-4}$: nothing can be learnt there. Users of public codes
# reported just this, a local loss that would not move until the features were normalised.
#
# ## The matrix of distances
#
# Every stripe against every stripe gives a 7 x 7 matrix. The library does it for whole
# sets at once, `(N, H, C)` and `(M, W, C)` to `(N, M, H, W)`; here $N = M = 1$.

# %% mystnb={"figure": {"name": "distance-matrix", "caption": "The same shot in a good box and in one moved by a fifth of its height, and the distances of their stripes. Dark is near. The dark cells lie beside the diagonal, not on it."}, "image": {"alt": "Left: two pictures of one drawn pedestrian, cut into seven stripes by thin lines. Right: a seven by seven heat map with numbers; its small values run parallel to the diagonal, shifted by one to two cells."}}
d = alignment.stripe_distances(f[None], g[None])[0, 0]
print(tuple(d.shape), "· same stripe number:", [round(v, 2) for v in d.diag().tolist()])
fig, (left, right, matrix) = plt.subplots(
    1, 3, figsize=(figures.WIDTH, 3.3), width_ratios=(1, 1, 2.4)
)
figures.links(left, right, (good, bad), (), (STRIPES, STRIPES))
left.set_title("good box", fontsize=9)
right.set_title("moved box", fontsize=9)
figures.heat_map(matrix, d)
plt.show()

# %% [markdown]
# Add up the diagonal and you have the *unaligned* (rigid) distance: stripe 1 with
# stripe 1, and so on. The picture says why that is a poor idea: the diagonal misses the
# dark cells.
#
# ## Equation 2: the shortest path
#
# Read the matrix as a hilly field. Start at the top left cell, end at the bottom right,
# move only down or right, pay each cell you stand on. Down or right means that the
# order of the body is kept: once a knee is matched, no later match may go back to the
# head. The cheapest total up to cell $(i, j)$ is
#
# $$S_{ij} = d_{ij} + \min(S_{i-1,j},\; S_{i,j-1}),$$
#
# with only one way in along the first row and the first column. The *local distance* of
# the two pictures is $S_{HH}$. In the library's form of it each cell `d[i][j]` is not a
# number but that cell of all pairs of pictures at once, and the totals overwrite the
# distances:

# %%
print(inspect.getsource(paths.walk).split('"""')[2].strip("\n"))
print(f"\naligned {alignment.shortest_path(d):.4f}, unaligned {d.diag().sum():.4f}")

# %% [markdown]
# The totals tell which way each cell was entered; the gradient and the path need that.
#
# Every $S_{ij}$ is itself the shortest path through the upper left corner of the
# matrix, so the same function gives the whole table. The next figure stops it after
# one, four and seven rows. To find the path itself, walk back from the end and always
# step to the smaller neighbour: `trace_path`. Drawn between the pictures, it becomes
# what the method is named for.

# %% mystnb={"figure": {"name": "dynamic-programme", "caption": "The cheapest totals after one, four and seven rows. Each new cell looks only up and left. The last cell is the local distance; the line is the path that earned it."}, "image": {"alt": "Three seven by seven tables of numbers growing from the top: one row filled, four rows filled, all filled. In the last a red line runs from the top left to the bottom right cell, first along the top row, then parallel to the diagonal."}}
path, S = alignment.trace_path(d), torch.empty(STRIPES, STRIPES)
for i, j in np.ndindex(STRIPES, STRIPES):
    S[i, j] = alignment.shortest_path(d[: i + 1, : j + 1])
fig, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 2.7), sharey=True)
for ax, rows in zip(axes, (1, 4, 7), strict=True):
    seen = S.clone()
    seen[rows:] = float("nan")
    ax.imshow(seen, vmin=0, vmax=float(S.max()))
    ax.grid(False)
    for i, j in np.ndindex(rows, STRIPES):
        shade = "white" if S[i, j] < S.max() / 2 else "black"
        text = f"{S[i, j]:.1f}"
        ax.text(j, i, text, ha="center", va="center", color=shade, fontsize=7)
    ax.set(title=f"after row {rows}", xticks=[], yticks=[], xlabel="moved box")
axes[0].set_ylabel("good box")
axes[2].plot(*zip(*[(j, i) for i, j in path], strict=True), color=figures.RED)
plt.show()

# %% mystnb={"figure": {"name": "links", "caption": "Left: rigid matching, stripe by stripe. Right: the shortest path. Shirt meets shirt; the stripes that have no counterpart are all tied to the edge, which is the price of having to start and end in the corners."}, "image": {"alt": "Two pairs of the same pedestrian cut into stripes. In the left pair horizontal lines join equal stripes, shirt to wall. In the right pair slanted lines join shirt to shirt and shoes to shoes, with a fan of lines at the top."}}
fig, axes = plt.subplots(
    1, 7, figsize=(figures.WIDTH, 2.9), width_ratios=(2, 1, 2, 0.6, 2, 1, 2)
)
for ax in axes[1::2]:
    ax.axis("off")
rigid = [(i, i) for i in range(STRIPES)]
for (one, two), steps, name in (
    ((axes[0], axes[2]), rigid, "unaligned"),
    ((axes[4], axes[6]), path, "aligned"),
):
    colour = figures.COLOURS[name]
    figures.links(one, two, (good, bad), steps, (STRIPES, STRIPES), colour)
    one.set_title(name, loc="left")
plt.show()

# %% [markdown]
# A path through 7 x 7 cells always has 13 of them: 7 matches and 6 more that come from
# moving sideways. Those six are not free. If a pair that does not correspond cost about
# the same wherever it lay, the extra cells would add a constant to every distance and
# change no ranking. It does not quite: a plain background stripe is cheap to match with
# its like, and a long walk through it costs less than a walk through a striped shirt.
# Keep that in mind for the experiment below.
#
# ## Is it right? Try every path
#
# A path takes 12 steps, six of them down; whoever names those six has named the path.
#
# **Predict, then run.** How many paths lead through a 7 x 7 matrix?

# %%
steps = range(2 * STRIPES - 2)
every_path = []
for downs in combinations(steps, STRIPES - 1):
    rows = np.cumsum([0, *(step in downs for step in steps)])
    every_path.append((rows, np.arange(len(rows)) - rows))
best = min(float(d[cells].sum()) for cells in every_path)
print(len(every_path), f"paths = C(12, 6) = {math.comb(12, 6)}; cheapest {best:.4f}")

# %% [markdown]
# The same check guards the library's code for many sizes. It is worth having: both
# well-known public codes carry a readable "serial" version of this recurrence beside
# their fast one, and in both the serial one adds up the first column and little else.
# Whoever reads it to understand the method learns the wrong thing.
#
# ## Where the gradient goes
#
# $S_{HH}$ is a sum of the cells on the path, so its derivative is 1 there and 0
# elsewhere. Only the stripes that were matched are pulled together.

# %% mystnb={"figure": {"name": "gradient", "caption": "What one training step would change. Left: the derivative of the local distance by each cell is the path itself. Right: times the slope of Equation 1, how strongly each pair of stripes is pulled together."}, "image": {"alt": "Two seven by seven maps. The left is one on thirteen cells that form a staircase and zero elsewhere. The right shows the same staircase with shades between 0.3 and 0.5."}}
cells = d.clone().requires_grad_()
alignment.shortest_path(cells).backward()
fig, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.2))
figures.heat_map(left, cells.grad)
left.set_title("$\\partial S_{HH} / \\partial d_{ij}$")
figures.heat_map(right, cells.grad * (1 - d**2) / 2)
right.set_title("$\\partial S_{HH} / \\partial x_{ij}$")
plt.show()

# %% [markdown]
# Where two ways in cost exactly the same, the gradient has to choose; the library steps
# down, always, so that two runs agree.
#
# ## What alignment is worth as a box moves
#
# Now the experiment that justifies the chapter. Take a person, slide the box of a
# second shot from 25 % above to 25 % below its place, and measure both distances to the
# *same* person and to a *stranger*. A distance is useful as long as the stranger is
# farther away.

# %%
shifts = np.linspace(-0.25, 0.25, 21)
people = range(1, 1 + min(24, spec.train_ids // 2))


def mean_distances(shift):
    """Mean (aligned, unaligned) distance to the same person and to a stranger."""
    still = torch.stack([colour_stripes(picture(p, 0)[0]) for p in people])
    moved = torch.stack([colour_stripes(picture(p, 1, shift)[0]) for p in people])
    found = {}
    for name, distance in (
        ("aligned", alignment.local_distance(still, moved)),
        ("unaligned", alignment.rigid_distance(still, moved)),
    ):
        same = torch.eye(len(still), dtype=torch.bool)
        found[name] = float(distance[same].mean()), float(distance[~same].mean())
    return found


curve = [mean_distances(shift) for shift in shifts]

# %% mystnb={"figure": {"name": "sliding-box", "caption": "Mean distance to the same person (solid) and to strangers (dashed) as the box slides. Unaligned, the gap is widest at no shift and nearly closed a fifth of the height away; aligned, it is smaller at its best and hardly changes."}, "image": {"alt": "Two panels over the shift of the box from minus 25 to plus 25 percent. Unaligned: the solid curve is a deep V that comes close to the dashed line on both sides. Aligned: a shallow valley that stays far below its dashed line."}}
fig, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 3.0))
for ax, name in zip(axes, ("unaligned", "aligned"), strict=True):
    same, other = zip(*[point[name] for point in curve], strict=True)
    colour = figures.COLOURS[name]
    ax.plot(100 * shifts, same, color=colour, label="same person")
    ax.plot(100 * shifts, other, color=colour, linestyle="--", label="strangers")
    ax.fill_between(100 * shifts, same, other, color=colour, alpha=0.15)
    ax.set(title=name, xlabel="shift of the box, % of its height")
    ax.legend()
axes[0].set_ylabel("mean distance")
plt.show()
middle, edge = len(shifts) // 2, -3  # no shift, and a shift of 20 %
gap = {}
for name in ("unaligned", "aligned"):
    for place, label in ((middle, "no shift"), (edge, "shift 20 %")):
        same, other = curve[place][name]
        gap[f"{name}, {label}"] = (other - same) / other
        print(f"{name:10} {label:11} gap {100 * (other - same) / other:5.1f} %")

# %% [markdown]
# The gap is what a ranking lives on. Note both halves of the result: where the box
# moves, alignment keeps more of the gap; where it does not, rigid matching has the
# *larger* gap, because the freedom to slide also lets strangers find cheaper matches.
# Chapter 5 meets the same trade again with trained networks.
#
# ## The path against the truth
#
# The landmarks say where each stripe of one picture *truly* lies in the other: between
# crown, neck, waist, knees and soles we interpolate. How far is the path from that?


# %%
def true_place(marks_from, marks_to):
    """For each stripe's middle in one picture, its true height in the other (0..1)."""
    middles = (np.arange(STRIPES) + 0.5) / STRIPES
    slope, offset = np.polyfit(marks_from, marks_to, 1)
    return slope * middles + offset


def path_place(d):
    """For each stripe of one picture, the mean height of the stripes matched to it."""
    cells = np.array(alignment.trace_path(d))
    return np.array(
        [(cells[cells[:, 0] == i, 1].mean() + 0.5) / STRIPES for i in range(STRIPES)]
    )


# %%
def placing_errors(pid, shift):
    """Mean error in heights of the crop: of the path and of rigid matching."""
    (one, marks), (two, marks_moved) = picture(pid, 0), picture(pid, 1, shift)
    d = alignment.stripe_distances(
        colour_stripes(one)[None], colour_stripes(two)[None]
    )[0, 0]
    truth = true_place(marks, marks_moved)
    inside = (truth > 0) & (truth < 1)  # stripes that the other box shows at all
    rigid = (np.arange(STRIPES) + 0.5) / STRIPES
    return [np.abs(place - truth)[inside].mean() for place in (path_place(d), rigid)]


some = shifts[::2]
errors = np.array([[placing_errors(p, shift) for p in people] for shift in some])

# %% mystnb={"figure": {"name": "path-against-truth", "caption": "How far from the truth a stripe is matched, mean over people with the 95 % interval of the mean. Rigid matching is off by the shift itself; the path follows the person, but never exactly."}, "image": {"alt": "Error in percent of the height over the shift of the box. The unaligned line is a V that touches zero at no shift; the aligned line is flat and lower from about five percent of shift on."}}
fig, ax = plt.subplots(figsize=(figures.WIDTH, 2.8))
for k, name in enumerate(("aligned", "unaligned")):
    mean = 100 * errors[:, :, k].mean(1)
    half = 196 * errors[:, :, k].std(1) / np.sqrt(len(people))
    colour = figures.COLOURS[name]
    ax.plot(100 * some, mean, color=colour, label=name)
    ax.fill_between(100 * some, mean - half, mean + half, color=colour, alpha=0.2)
ax.set(xlabel="shift of the box, % of its height", ylabel="error, % of the height")
ax.set_ylim(0)
ax.legend()
plt.show()

# %% [markdown]
# ## A pair from the data set at hand
#
# So far every picture was drawn on demand. The last one comes from the test set of
# whatever data this run was given: a query and the first picture of the same person by
# another camera. Here camera, pose and box all change at once.

# %% mystnb={"figure": {"name": "own-pair", "caption": "Two pictures of one person from the test set, the path between their stripes and their distances. Colours alone are a poor guide across cameras: the dark cells are fewer and the path less sure."}, "image": {"alt": "Two pictures of a person by two cameras, joined by slanted lines from stripe to stripe, beside a seven by seven heat map with a staircase drawn on it."}}
box = settings.data.box_error
query, others = (store.pixels(split, box) for split in ("query", "gallery"))
number = seed % len(query)
mine = (others.pids == query.pids[number]) & (others.camids != query.camids[number])
pair = query.images[number], others.images[int(mine.nonzero()[0])]
d = alignment.stripe_distances(*(colour_stripes(p)[None] for p in pair))[0, 0]
path = alignment.trace_path(d)
print(
    f"{dataset}: aligned {alignment.shortest_path(d):.2f}, rigid {d.diag().sum():.2f}"
)
print(f"cells off the diagonal: {sum(i != j for i, j in path)} of {len(path)}")
fig, axes = plt.subplots(1, 4, figsize=(figures.WIDTH, 3.1), width_ratios=(2, 1, 2, 5))
axes[1].axis("off")
figures.links(axes[0], axes[2], pair, path, (STRIPES, STRIPES), figures.GREEN)
figures.heat_map(axes[3], d, path)
plt.show()

# %% [markdown]
# What is missing is a better stripe. A network that is trained *through* this matching
# learns features in which the same sleeve looks the same to two cameras, and chapter 4
# draws this figure again with them.
#
# ## The same for a million pairs
#
# A test on Market1501 compares 3,368 queries with 15,913 gallery pictures.
# **Predict, then run**: how much memory would all their 7 x 7 matrices take?

# `local_distance` never builds them. It works in tiles that fit the processor's cache,
# gets the stripe distances from one matrix product per tile and runs the recurrence in
# place. What it says of itself, and how far it is off:

# %%
pairs = 3368 * 15913
print(f"{pairs * STRIPES**2 * 4 / 1e9:.1f} GB for the matrices in 32-bit floats,")
print(f"{pairs * 4 / 1e9:.2f} GB for the distances alone")
print(inspect.getsource(alignment.local_distance).split('"""')[1].strip())
generator = torch.Generator().manual_seed(seed)
a, b = (
    F.normalize(torch.randn(40, STRIPES, 64, generator=generator), dim=2) for _ in "ab"
)
slow = alignment.shortest_path(alignment.stripe_distances(a.double(), b.double()))
worst = float((alignment.local_distance(a, b) - slow).abs().max())
print(f"largest difference to float64 over {slow.numel()} pairs: {worst:.1e}")

# %% [markdown]
# ## Take-away
#
# The local distance is the cheapest order-keeping matching of two stacks of stripes,
# found by a dynamic programme of $H^2$ steps whose gradient flows along one path. It
# helps where boxes are wrong and costs a little where they are right. It knows only one
# dimension: a box that is moved sideways, or a body that bends, is beyond it.
#
# **Exercises.**
# 1. Forbid the sideways steps of more than one stripe. Does the sliding-box figure
#    change?
# 2. Divide the local distance by the number of cells on its path. Why does nothing
#    change in a ranking?
# 3. Find two people whose clothes are swapped (`drawn.look_alikes`). Which distance
#    tells them apart better?
# 4. Replace `min` by a soft minimum, $-\tau \log \sum e^{-S/\tau}$. What happens to the
#    gradient map?

# %%
run.write(
    {
        "gap": gap,
        "local_distance_error": worst,
        "placing_error_at_20_percent": {
            "aligned": float(errors[-2, :, 0].mean()),
            "unaligned": float(errors[-2, :, 1].mean()),
        },
    }
)
print(run.provenance())
