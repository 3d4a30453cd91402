"""Runs what a reader wrote, and judges it."""

import builtins
import json

import _page
import written

builtins.__tick = _page.tick
spaces = {}


def run(code):
    """For trials of torch: what a text prints, and how it fails."""
    space = {"__name__": "answer"}
    try:
        exec(compile(code, "answer.py", "exec"), space)
    except (Exception, written.NotInPage) as error:
        return type(error).__name__ + ": " + str(error)
    return ""


def _space(chapter):
    """The names that a chapter has made before its exercises, as far as a page has them."""
    if chapter not in spaces:
        from transformer_lib import exercises

        space = {"__name__": "answer", "exercises": exercises}
        for line in json.loads(_page.prelude(chapter)):
            try:
                exec(_page.readable(line), space)
            except (Exception, written.NotInPage):
                pass
        spaces[chapter] = space
    return spaces[chapter].copy()


def check(chapter, name, text, answer):
    """The line about an answer: the text runs, and what it calls the answer is judged."""
    from transformer_lib.exercises import introspection, verdict

    read = json.loads(_page.read(text))
    introspection.lines[:] = text.split("\n")
    introspection.untouched[:] = read["untouched"]
    introspection.needed.clear()
    introspection.needed.update(read["needed"])
    introspection.absent[:] = json.loads(_page.absent(chapter))
    try:
        if read["refused"]:
            raise written.missing(read["refused"]["word"])
        space = _space(chapter)
        try:
            exec(compile(read["code"], "answer.py", "exec"), space)
        except (Exception, SystemExit) as error:
            return "Not yet. " + introspection.where(error)
        try:
            found = eval(_page.readable(answer), space)
        except NameError as error:
            return "Not yet. Keep the name " + str(error).split("'")[1] + ": it is what is checked."
        except Exception as error:
            return "Not yet. " + introspection.where(error)
        return verdict(name, found)
    except written.NotInPage as error:
        return "Not yet. " + str(error)
