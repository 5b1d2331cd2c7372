"""The chart of what more steps cost."""

from rnnviz.views.costs import costs

COUNTS = {"parameters": [7, 7, 7], "if each had its own": [7, 14, 21]}


def test_every_count_is_there_and_said_in_a_sentence():
    rows = costs.spec([1, 2, 3], COUNTS)["data"]["values"]
    assert [(row["name"], row["step"], row["count"]) for row in rows] == [
        (name, step, count)
        for name, counts in COUNTS.items()
        for step, count in zip((1, 2, 3), counts, strict=True)
    ]
    assert rows[0]["said"] == "parameters, at 1 step: 7"
    assert [row["last"] for row in rows] == [False, False, True] * 2


def test_the_first_line_is_stressed_and_altair_draws_it():
    chart = costs([1, 2, 3], COUNTS, theme="dark")
    assert {
        row["part"]
        for row in costs.spec([1, 2], COUNTS | {"parameters": [1, 1], "if each had its own": [1, 2]})["data"][
            "values"
        ]
        if row["name"] == "parameters"
    } == {"strong"}
    assert len(chart.to_dict()["layer"]) == 5
