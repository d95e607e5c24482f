"""`python -m reprolib human`: draw trials, make the raters' page, score answers."""

import argparse
from pathlib import Path

import pandas as pd

from reprolib.errors import ReproError

PERCENT = "rank1", "low", "high", "above_chance"


def register(commands: argparse._SubParsersAction, where: list) -> None:
    """Add `human trials`, `human page` and `human score` to the command line."""
    human = commands.add_parser("human", help="a study of people against models")
    actions = human.add_subparsers(required=True, metavar="COMMAND")

    def action(name, function, help):
        made = actions.add_parser(name, parents=where, help=help)
        made.set_defaults(command=function)
        return made.add_argument

    add = action("trials", draw, "draw a list of trials, and its truth apart")
    add("folder", type=Path, help="where trials.json and truth.json are put")
    add("--protocol", default="single", help="single, multi or open (single)")
    add("--model", default="", help="who draws the candidates, such as aligned-box0.4")
    add("--trials", type=int, help="how many (study_queries of the profile)")
    add("--length", type=int, help="candidates a trial (10; multi 50)")
    add("--seed", type=int, default=0, help="(0)")
    add = action("page", write_page, "make the raters' page, beside the list")
    add("list", type=Path, metavar="TRIALS", help="trials.json")
    add = action("score", score, "score the raters' answers, and models on the same")
    add("list", type=Path, metavar="TRIALS", help="trials.json")
    add("truth", type=Path, metavar="TRUTH", help="truth.json")
    add(
        "answers", type=Path, metavar="ANSWERS", nargs="+", help="a file for each rater"
    )
    add(
        "--model",
        action="append",
        default=[],
        help="a model to judge on the same trials; may be repeated",
    )


def _open(options: argparse.Namespace, made=None):
    """The store of the run that is meant, the error of its boxes, and its pictures.

    A list that is `made` already says which data set it is of.
    """
    from reprolib.book.execute import opened
    from reprolib.human.pool import PicturePool

    if made:
        options.dataset = made.dataset
    run = opened(options)
    box = run.settings.data.box_error
    if run.dataset != "drawn" and box:
        raise ReproError(
            f"box_error = {box} with photographs: a study shows the files as they "
            "are; expected 0. Leave it out."
        )
    return run.store, box, PicturePool.of(run.store.dataset(box))


def draw(options: argparse.Namespace) -> None:
    """Draw a list of trials; refuse to put another one in a list's place."""
    from reprolib.human import files, trials
    from reprolib.human.models import load_model
    from reprolib.study.store import write_text

    store, box, pool = _open(options)
    model = load_model(store, options.model, box) if options.model else None
    count = options.trials
    made, truth = trials.draw_trials(
        pool,
        options.protocol,
        store.settings.study.study_queries if count is None else count,
        options.seed,
        options.length,
        model and model.distance.numpy(),
        model.name if model else trials.NOBODY,
    )
    texts = {
        "trials.json": files.write_list(made),
        "truth.json": files.write_truth(made, truth),
    }
    for name, text in texts.items():
        path = options.folder / name
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise ReproError(
                f"{path}: another list lies here, which raters may have answered; "
                "expected a folder without one. Give another folder."
            )
    for name, text in texts.items():
        write_text(options.folder / name, text)
    apart = sum(one.attention for one in truth.values())
    length = len(made.trials[0].candidates)
    put_in = sum(bool(one.inserted) for one in truth.values())
    print(
        f"{options.folder / 'trials.json'}: {len(truth) - apart} trials of {length} "
        f"candidates, {apart} of attention, {len(made.practice)} of practice\n"
        f"candidates drawn by {made.drawn_by}; in {put_in} trials a match was put in\n"
        f"{options.folder / 'truth.json'}: keep it from the raters"
    )


def write_page(options: argparse.Namespace) -> None:
    """Write page.html beside the list."""
    from reprolib.human import files
    from reprolib.human.page import page
    from reprolib.study.store import write_text

    made = files.read_list(options.list)
    text = page(made, _open(options, made)[2])
    path = options.list.with_name("page.html")
    write_text(path, text)
    print(f"{path}: {len(text.encode()) / 1e6:.1f} MB, opens in any browser, offline")


def score(options: argparse.Namespace) -> None:
    """Print what the answers say about raters and models."""
    from reprolib.human import files, models, scoring

    made = files.read_list(options.list)
    truth = files.read_truth(options.truth, made)
    judged = scoring.judge(made, truth, files.read_answers(options.answers, made))
    raters = scoring.by_rater(judged)
    answers = {}
    if options.model:
        store, box, pool = _open(options, made)
        for name in options.model:
            model = models.load_model(store, name, box)
            answers[model.name] = models.model_answers(model, pool, made, truth)
    own = scoring.counted(judged)
    print(
        f"{made.dataset}, {made.protocol}, candidates drawn by {made.drawn_by}; "
        f"a blind guess has {100 * own.chance.mean():.1f} % right"
    )
    _say_raters(judged, raters)
    if answers:
        _say_models(judged, answers)
    _say_needed(judged, answers)


def _say_raters(judged: pd.DataFrame, raters: pd.DataFrame) -> None:
    from reprolib.human import scoring

    _say("Raters", raters)
    rank1, low, high = (100 * value for value in scoring.pooled(judged))
    vote, kappa = scoring.majority(judged), scoring.agreement(judged)
    right = 100 * vote.right.mean()
    print(
        f"\nall answers: {rank1:.1f} % right; other queries: {low:.1f} to {high:.1f} %"
    )
    print(f"majority vote: {right:.1f} % right, {vote.tied.sum()} of {len(vote)} tied")
    print(f"Fleiss' kappa of right and wrong: {_number(kappa, 2)}")
    for column, more in (("confidence", "more confident"), ("seconds", "slower")):
        told = _number(100 * scoring.tells(judged, column), 0)
        print(f"a right answer is {more} than a wrong one in {told} % of pairs")
    _say("Confidence", scoring.by_confidence(judged))
    _say("Hardest trials", scoring.hardest(judged))


def _say_models(judged: pd.DataFrame, answers: dict[str, pd.DataFrame]) -> None:
    from reprolib.human import models, scoring

    rows = {}
    for name, right in answers.items():
        for form in models.FORMS:
            result = scoring.score(right[form])
            rows[name, form] = result.rank1, result.low, result.high, result.answered
    columns = ["rank1", "low", "high", "trials"]
    _say("Models on the same trials", pd.DataFrame(rows, index=columns).T)
    tests = models.against(judged, answers).set_index(["rater", "model", "form"])
    _say("Raters against models, exact McNemar", tests)


def _say_needed(judged: pd.DataFrame, answers: dict[str, pd.DataFrame]) -> None:
    from reprolib.human import models, power, scoring

    rank1, whose = scoring.pooled(judged)[0], "all answers"
    if answers:
        whose, first = next(iter(answers.items()))
        rank1 = first[models.LISTS[0]].mean()
    said = f"below {whose}, {100 * rank1:.1f} %"
    _say(f"Trials to find a rater so many points {said}", power.needed(rank1))


def _number(value: float, digits: int) -> str:
    return "-" if pd.isna(value) else f"{value:.{digits}f}"


def _say(title: str, table: pd.DataFrame) -> None:
    """A table under its title, shares in percent."""
    print(f"\n{title}")
    if table.empty:
        print("none")
        return
    shown = table.copy()
    for column in shown:
        if column in PERCENT:
            shown[column] = [f"{100 * value:.1f} %" for value in shown[column]]
        elif column in ("p", "p_holm"):
            shown[column] = [f"{value:.3g}" for value in shown[column]]
        elif column == "seconds":
            shown[column] = [f"{value:.1f}" for value in shown[column]]
        elif column != "attention":
            shown[column] = [f"{value:.0f}" for value in shown[column]]
    print(shown.to_string())
