"""Two versions of a model side by side."""

from trimtab.policy.differences import model_differences


def test_added_removed_and_changed(book):
    def version(*rows):
        return book(models=[{"model_id": "m", "kind": "security", **row} for row in rows])["models"]

    before = version(
        {"node_id": "a", "ref": "X", "weight": 0.5}, {"node_id": "b", "ref": "Y", "weight": 0.5, "lower": 0.1}
    )
    after = version(
        {"node_id": "a", "ref": "Z", "weight": 0.6, "upper": 0.7}, {"node_id": "c", "ref": "Y", "weight": 0.4}
    )
    assert model_differences(before, after).drop("model_id").rows() == [
        ("a", "changed", "ref", "X", "Z"),
        ("a", "changed", "upper", None, "0.7"),
        ("a", "changed", "weight", "0.5", "0.6"),
        ("b", "removed", "kind", "security", None),
        ("b", "removed", "lower", "0.1", None),
        ("b", "removed", "ref", "Y", None),
        ("b", "removed", "weight", "0.5", None),
        ("c", "added", "kind", None, "security"),
        ("c", "added", "ref", None, "Y"),
        ("c", "added", "weight", None, "0.4"),
    ]
    assert model_differences(before, before).is_empty()
