"""Folders of parallel text. Long: every kind of damaged or odd file."""

import gzip

import pytest

from transformer_lib.data import TextPair, batches, encode_pairs, load_folder
from transformer_lib.text import Subwords

GERMAN = ["Ein Mann schläft.", "Zwei Hunde laufen.", "Eine Frau singt."]
ENGLISH = ["A man sleeps.", "Two dogs run.", "A woman sings."]


def write(folder, name, lines, packed=False):
    data = "".join(f"{line}\n" for line in lines).encode()
    (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)


@pytest.fixture
def folder(tmp_path):
    for stem in ("train", "val", "test_2016", "test"):
        write(tmp_path, f"{stem}.de", GERMAN)
        write(tmp_path, f"{stem}.en", ENGLISH, packed=stem != "val")
    return tmp_path


def test_a_folder_is_read_line_by_line(folder):
    found = load_folder(folder)
    pairs = [TextPair(*pair) for pair in zip(GERMAN, ENGLISH, strict=True)]
    assert found.train == found.validation == pairs
    assert found.tests == {"test": pairs, "test_2016": pairs}


def test_languages_may_be_turned_round(folder):
    found = load_folder(str(folder), source="en", target="de")
    assert found.train[0] == TextPair("A man sleeps.", "Ein Mann schläft.")
    assert sorted(found.tests) == ["test", "test_2016"]


def test_a_folder_needs_no_test_set(folder):
    for file in folder.glob("test*"):
        file.unlink()
    assert load_folder(folder).tests == {}


def test_only_a_line_feed_ends_a_line(folder):
    """Line separators inside a sentence, a byte-order mark and Windows line ends change nothing."""
    (folder / "val.de").write_bytes("\ufeffEin\u2028Mann.\r\nZwei\x85Hunde.\r\nDrei\r\n".encode())
    assert [pair.source for pair in load_folder(folder).validation] == [
        "Ein\u2028Mann.",
        "Zwei\x85Hunde.",
        "Drei",
    ]


def test_the_last_line_needs_no_line_feed(folder):
    (folder / "val.de").write_bytes("\n".join(GERMAN).encode())
    assert load_folder(folder).validation == load_folder(folder).train


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        load_folder(tmp_path / "nowhere")
    write(tmp_path, "train.de", GERMAN)
    with pytest.raises(FileNotFoundError, match="it is a file"):
        load_folder(tmp_path / "train.de")


@pytest.mark.parametrize("missing", ["train.de", "val.en"])
def test_a_missing_file_is_named_beside_those_that_are_there(folder, missing):
    for file in folder.glob(f"{missing}*"):
        file.unlink()
    with pytest.raises(FileNotFoundError, match=rf"{missing} \(or .gz\) is missing.*there is .*test.de"):
        load_folder(folder)


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"train.de .* there is nothing"):
        load_folder(tmp_path)


def test_unequal_counts_of_lines_are_both_said(folder):
    write(folder, "val.en", ENGLISH[:2])
    with pytest.raises(ValueError, match=r"val.de has 3 lines and val.en has 2"):
        load_folder(folder)


def test_bad_encoding_is_placed(folder):
    (folder / "val.de").write_bytes("Ein Mann.\nZwölf Hunde.\nDrei.\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"val.de, line 2: not UTF-8 \(byte 0xf6 at 2\)"):
        load_folder(folder)


@pytest.mark.parametrize("languages", [("de", "en"), ("en", "de")])
@pytest.mark.parametrize("one_side", ["test_2016.en.gz", "test_2016.de"])
def test_a_test_set_counts_if_both_sides_are_there(folder, languages, one_side):
    (folder / one_side).unlink()
    assert list(load_folder(folder, *languages).tests) == ["test"]


@pytest.mark.parametrize("empty", ["", "  \t", "\u200b", "\ufeff \u00ad\u200e"])
def test_a_line_that_is_empty_in_one_language_is_left_out_of_both_and_told(folder, empty):
    write(folder, "val.de", [GERMAN[0], empty, GERMAN[2]])
    found = load_folder(folder)
    assert found.validation == [found.train[0], found.train[2]]
    assert found.empty == {"val": [2]}
    assert load_folder(folder, "en", "de").empty == {"val": [2]}


def test_byte_order_marks_of_joined_files_are_dropped(folder):
    write(folder, "val.de", [GERMAN[0], "\ufeff" + GERMAN[1], " \u200b" + GERMAN[2] + "\u200b "])
    assert [pair.source for pair in load_folder(folder).validation] == GERMAN


def test_carriage_returns_alone_end_lines_too(folder):
    (folder / "val.de").write_bytes("\r".join(GERMAN).encode())
    assert [pair.source for pair in load_folder(folder).validation] == GERMAN


def test_a_file_that_is_there_twice_is_refused(folder):
    write(folder, "train.de", GERMAN, packed=True)
    with pytest.raises(ValueError, match=r"holds both train.de and train.de.gz"):
        load_folder(folder)


def test_a_folder_or_a_loop_in_the_place_of_a_file_is_named(folder):
    (folder / "train.de").unlink()
    (folder / "train.de").mkdir()
    with pytest.raises(ValueError, match=r"train.de is a folder"):
        load_folder(folder)
    (folder / "train.de").rmdir()
    (folder / "train.de").symlink_to(folder / "train.de")
    with pytest.raises(ValueError, match=r"train.de cannot be read"):
        load_folder(folder)


def test_files_without_a_sentence_are_refused(folder):
    write(folder, "val.de", [])
    write(folder, "val.en", [])
    with pytest.raises(ValueError, match="hold no sentence"):
        load_folder(folder)


def broken_block(data):
    return data[:10] + bytes([data[10] ^ 0x06]) + data[11:]  # a block type that does not exist


@pytest.mark.parametrize("damage", [lambda data: data[:-12], lambda data: b"plain text", broken_block])
def test_a_damaged_gz_is_named(folder, damage):
    packed = folder / "train.en.gz"
    packed.write_bytes(damage(packed.read_bytes()))
    with pytest.raises(ValueError, match=r"train.en.gz cannot be read"):
        load_folder(folder)


def test_one_language_is_not_a_pair(folder):
    with pytest.raises(ValueError, match="same language, 'de'"):
        load_folder(folder, "de", "de")


@pytest.fixture(scope="module")
def subwords():
    return Subwords.train(GERMAN * 3 + ["Ein Hund schläft, eine Frau läuft; der Mann singt!"], size=60)


def test_specials_come_first_and_the_size_holds(subwords):
    assert (subwords.pad_id, subwords.bos_id, subwords.eos_id) == (0, 1, 2)
    assert len(subwords) <= 60
    assert min(subwords.encode("Ein Mann")) > 3


def test_words_one_by_one_are_their_sentence(subwords):
    assert subwords.encode(["Ein", "Mann"], bos=True) == subwords.encode("Ein Mann", bos=True)
    with pytest.raises(ValueError, match="no word"):
        subwords.encode([])


HOSTILE = ["<pad>", "low <eos> new", "<bos><eos>", "a <pad> b", "<eos>", "<unk> <eos>s"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_looks_like_a_special_is_spelled(text):
    learnt = Subwords.train([*HOSTILE, "low new"], size=60)
    for subwords in (learnt, Subwords.from_json(learnt.to_json())):
        ids = subwords.encode(text, bos=True, eos=True)
        assert min(ids[1:-1]) > 3
        assert subwords.decode(ids) == text


@pytest.mark.parametrize("length", [100, 101, 30_000])
def test_a_word_without_end_is_cut(length):
    subwords = Subwords.train(["ab" * length, "ab ba"], size=40)
    word = "ab" * length
    assert subwords.decode(subwords.encode(f"ba {word} ab")) == f"ba {word} ab"
    assert len(subwords.encode(word)) >= 2 * length // 100


def test_pieces_put_together_are_the_sentence(subwords):
    for sentence in [*GERMAN, "ein Mann, der Hund; singt!", "Zwei  Frauen"]:
        assert subwords.decode(subwords.encode(sentence)) == sentence
        assert "".join(subwords.pieces(sentence)).replace("▁", " ").strip() == sentence


def test_words_seen_often_are_one_piece_and_marks_are_their_own(subwords):
    assert subwords.pieces("Ein Mann.")[:1] == ["▁Ein"]
    assert subwords.pieces("Ein Mann.")[-1] == "."


def test_bos_and_eos_stand_only_where_asked_for(subwords):
    plain = subwords.encode("Ein")
    assert subwords.encode("Ein", bos=True, eos=True) == [1, *plain, 2]
    assert subwords.decode([1, *plain, 2, *plain, 0]) == "Ein"


def test_an_unknown_letter_is_unknown_and_the_rest_is_not(subwords):
    ids = subwords.encode("Ein Ж")
    assert 3 in ids
    assert ids[: len(subwords.encode("Ein"))] == subwords.encode("Ein")


def test_json_gives_back_the_same_subwords(subwords):
    again = Subwords.from_json(subwords.to_json())
    assert [again.encode(sentence) for sentence in GERMAN] == [
        subwords.encode(sentence) for sentence in GERMAN
    ]
    assert len(again) == len(subwords)


def test_training_twice_gives_the_same_pieces():
    first, second = (Subwords.train(GERMAN, size=40).to_json() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("text", ["{}", "[", '{"version": "1.0"}'])
def test_json_that_is_no_tokenizer_is_refused(text):
    with pytest.raises(ValueError, match="no saved tokenizer"):
        Subwords.from_json(text)


def test_a_tokenizer_with_other_specials_is_refused(subwords):
    with pytest.raises(ValueError, match="<pad> to have id 0"):
        Subwords.from_json(subwords.to_json().replace("<pad>", "[PAD]"))


def test_bad_subwords_are_refused(subwords):
    with pytest.raises(ValueError, match="above 4"):
        Subwords.train(GERMAN, size=4)
    with pytest.raises(ValueError, match="no sentence"):
        Subwords.train([])
    with pytest.raises(ValueError, match="no word"):
        subwords.encode(" ")
    with pytest.raises(ValueError, match=f"got {len(subwords)}"):
        subwords.decode([len(subwords)])


def test_subwords_say_which_extra_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    with pytest.raises(ImportError, match="pip install tokenizers"):
        Subwords.train(GERMAN)


def test_text_pairs_become_batches_of_subwords(folder, subwords):
    pairs = load_folder(folder).train
    english = Subwords.train(ENGLISH, size=40)
    assert encode_pairs(pairs, subwords, english)[0][1][0] == english.bos_id
    [batch] = batches(pairs, subwords, english, 3)
    assert [subwords.decode(row[row != 0]) for row in batch.src_ids] == GERMAN
    assert [english.decode(row) for row in batch.tgt_ids] == ENGLISH
