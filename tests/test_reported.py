from reprolib.book import reported
from reprolib.book.reported import STATUSES, TO_BE_CHECKED, load
from reprolib.study import claims

NUMBERS = ["rank1", "mAP", "rk_rank1", "rk_mAP"]
COLUMNS = ["dataset", "source", "method", "protocol", *NUMBERS, "status", "note"]


def test_every_row_is_complete_and_its_numbers_are_percentages():
    table = load()
    assert table.columns.tolist() == COLUMNS
    assert not table.drop(columns=NUMBERS).isna().any(axis=None)
    for column in ("dataset", "source", "method", "protocol"):
        assert table[column].str.strip().ne("").all()
    numbers = table[NUMBERS]
    assert ((numbers > 0) & (numbers <= 100) | numbers.isna()).all(axis=None)
    assert numbers.notna().any(axis=1).all()
    assert not table.duplicated(["dataset", "source", "method"]).any()


def test_nothing_unverified_is_in_the_table():
    assert set(load()["status"]) <= set(STATUSES) == {"A", "B", "C"}
    # Recollections nobody could verify: best annotators, MARS, and the margin.
    unverified = {93.5, 95.7, 86.8, 87.5, 72.9, 85.6, 0.5}
    paper = load().query("source.str.contains('paper')")
    seen = paper.loc[paper["dataset"] != "CUHK-SYSU", NUMBERS].stack()
    assert not unverified & set(seen)
    assert "MARS" not in set(load()["dataset"])


def test_re_ranking_and_map_are_consistent():
    table = load()
    both = table.dropna(subset=NUMBERS)
    assert len(both) >= 14
    assert (both["rk_rank1"] > both["rank1"]).all()
    assert (both["rk_mAP"] > both["mAP"]).all()


def test_the_headline_numbers_are_there():
    table = load().set_index(["dataset", "method"])
    assert table.loc[("Market1501", "AlignedReID"), "rank1"].item() == 91.8
    assert table.loc[("Market1501", "AlignedReID + RK"), "rk_rank1"].item() == 94.4
    assert table.loc[("CUHK03", "AlignedReID + RK"), "rk_rank1"].item() == 97.8


def test_open_questions_hold_no_numbers():
    assert len(set(TO_BE_CHECKED)) == len(TO_BE_CHECKED) > 8
    words = " ".join(TO_BE_CHECKED).replace("CUHK03", "")
    assert not any(letter.isdigit() for letter in words)


def test_the_best_row_of_a_source_is_one_of_its_rows_and_none_has_more_rank1():
    best, table = reported.best("Market1501"), load().query("dataset == 'Market1501'")
    named = [reported.PAPER, reported.INDEPENDENT, reported.COAUTHOR, reported.LATER]
    assert {*named} <= {*best.index} == {*table.source}
    for source, row in best.iterrows():
        rows = table[table.source == source]
        top = rows.loc[rows.rank1.idxmax()]
        if source == reported.PAPER:  # its four numbers stand in two rows
            top = top.fillna(rows.max(numeric_only=True))
        assert top[NUMBERS].astype(float).equals(row[NUMBERS].astype(float)), source
    assert best.loc[reported.PAPER, NUMBERS].tolist() == [91.8, 79.3, 94.4, 90.7]


def test_what_a_part_adds_is_the_difference_of_two_rows_of_one_source():
    gains = {name: reported.gains(name).round(2) for name in reported.PAIRS}
    assert gains["global-aligned"].loc[reported.INDEPENDENT].tolist() == [-0.2, 0.36]
    assert gains["both"].loc[reported.COAUTHOR].tolist() == [0.9, 0.7]
    assert gains["mutual"].to_dict("list") == {"rank1": [1.73, 0.7], "mAP": [4.38, 0.6]}
    assert {*reported.PAIRS} <= {claim.name for claim in claims.declared()}
