"""How long the rest of some work takes."""


def say_left(passed: float, done: int, total: int) -> str:
    """How long the rest takes if it goes on like this; "" where nothing is left. passed: seconds for what is done."""
    seconds = passed / done * (total - done)
    amount, unit = next((s, u) for s, u in ((3600, "h"), (60, "min"), (1, "s")) if seconds >= s or s == 1)
    return f"  (about {seconds / amount:.3g} {unit} left)" if done < total else ""
