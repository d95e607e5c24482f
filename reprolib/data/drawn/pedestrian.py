"""Who a drawn pedestrian is: the attributes of an identity and of its look-alike."""

from collections import namedtuple
from random import Random

# Clothes come from a palette with near neighbours, as wardrobes do.
COLOURS = {
    "black": (28, 28, 32), "charcoal": (68, 70, 76), "grey": (132, 134, 138),
    "silver": (186, 188, 190), "white": (238, 238, 234), "cream": (226, 212, 180),
    "khaki": (170, 150, 108), "brown": (104, 70, 46), "maroon": (112, 28, 40),
    "red": (200, 36, 40), "pink": (226, 138, 160), "orange": (226, 122, 38),
    "yellow": (232, 200, 64), "olive": (102, 108, 50), "green": (44, 128, 70),
    "teal": (32, 122, 128), "sky": (118, 174, 220), "blue": (44, 84, 184),
    "navy": (32, 42, 88), "purple": (110, 62, 142),
}  # fmt: skip
SKINS = {
    "pale": (240, 206, 182), "light": (224, 180, 148), "tan": (196, 146, 108),
    "brown": (146, 98, 68), "dark": (92, 62, 46),
}  # fmt: skip
HAIRS = {
    "black": (30, 26, 26), "brown": (82, 54, 36), "auburn": (128, 62, 34),
    "blond": (206, 172, 108), "grey": (160, 158, 156),
}  # fmt: skip
# What can be worn, with how often it is (weights).
CHOICES = {
    "skin": dict.fromkeys(SKINS, 1),
    "hair": {"short": 5, "bob": 2, "long": 2, "ponytail": 2, "bun": 1, "bald": 1},
    "hair_colour": {"black": 4, "brown": 4, "auburn": 1, "blond": 2, "grey": 1},
    "build": {"slim": 3, "average": 4, "broad": 2, "heavy": 2},
    "upper": {"t-shirt": 4, "long sleeves": 3, "jacket": 3, "coat": 2},
    "pattern": {"plain": 9, "print": 3, "stripes": 3, "checks": 1, "band": 2},
    "lower": {"trousers": 6, "jeans": 4, "shorts": 3, "skirt": 2, "long skirt": 1},
    "hat": {"none": 7, "cap": 2, "beanie": 1, "brimmed hat": 1},
    "bag": {"none": 4, "backpack": 3, "shoulder bag": 2, "handbag": 2},
}
SHOES = ("black", "black", "charcoal", "white", "white", "brown", "red", "blue")

# The look of one identity, in the words of the tables above. Chapter 1.
Pedestrian = namedtuple(
    "Pedestrian",
    "skin hair hair_colour build upper upper_colour pattern pattern_colour "
    "lower lower_colour shoes hat hat_colour bag bag_colour",
)


def stranger(rng: Random) -> Pedestrian:
    """A person drawn at random."""
    look = {
        field: rng.choices(list(words), list(words.values()))[0]
        for field, words in CHOICES.items()
    }
    upper, lower = rng.sample(list(COLOURS), 2)
    others = [colour for colour in COLOURS if colour != upper]
    return Pedestrian(
        **look,
        upper_colour=upper,
        lower_colour=lower,
        pattern_colour=rng.choice(others),
        shoes=rng.choice(SHOES),
        hat_colour=rng.choice(list(COLOURS)),
        bag_colour=rng.choice(others),
    )


def look_alike(person: Pedestrian, rng: Random) -> Pedestrian:
    """Someone who wears the same with two colours swapped, or differs in one attribute.

    Half of them swap the colours of upper and lower clothes, so that only the place of
    a colour on the body tells the two apart.
    """
    upper, lower = person.upper_colour, person.lower_colour
    if rng.random() < 0.5 and person.pattern_colour != lower:
        return person._replace(upper_colour=lower, lower_colour=upper)
    field = rng.choice(_visible(person))
    # A pattern in the colour of its cloth could not be seen.
    partner = {"upper_colour": person.pattern_colour, "pattern_colour": upper}
    taken = (getattr(person, field), partner.get(field))
    words = (CHOICES | {"shoes": dict.fromkeys(SHOES)}).get(field, COLOURS)
    return person._replace(**{field: rng.choice([w for w in words if w not in taken])})


def _visible(person: Pedestrian) -> list[str]:
    """The attributes whose change can be seen in most directions of view."""
    fields = ["upper", "upper_colour", "lower", "lower_colour", "shoes", "hat", "bag"]
    colours = {
        "pattern_colour": person.pattern not in ("plain", "print"),
        "hat_colour": person.hat != "none",
        "hair_colour": person.hat == "none" and person.hair != "bald",
        "bag_colour": person.bag != "none",
    }
    return fields + [field for field, seen in colours.items() if seen]
