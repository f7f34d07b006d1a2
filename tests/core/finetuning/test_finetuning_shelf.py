from core.finetuning import shelf
from core.models.own import CARD_FILE


def test_only_whole_models_are_offered(make_task, toy, tmp_path) -> None:
    good, damaged, gone = (make_task(toy["text"]) for _ in range(3))
    for task in (good, damaged, gone):
        task.run()
    (damaged.folder / "result" / "model" / CARD_FILE).write_text("{")
    (gone.folder / "result" / "model" / "model.safetensors").unlink()
    cards = shelf.own_cards([tmp_path / "nothing", damaged.folder, good.folder, gone.folder])
    assert [card.folder for card in cards] == [good.folder / "result" / "model"]
    assert cards[0].title == "Taste" and "blame, praise" in cards[0].limits
