"""What is spoken while measuring: sentences of everyday length, and how a language model would hand them over."""

from __future__ import annotations

import re
from random import Random

SHORT = (
    "Yes, of course.",
    "One moment, please.",
    "That works for me.",
    "Good morning, Anna.",
    "I am still here.",
    "Turn left at the bridge.",
    "Your table is ready.",
    "Could you say that again?",
    "No, the other one.",
    "Thank you, goodbye.",
)
MEDIUM = (
    "The train to Leeds leaves from platform nine in four minutes.",
    "I found three cafés near you, and two of them are open now.",
    "Sure, I can move your appointment to Thursday afternoon.",
    "It will rain until noon, then the sun comes out again.",
    "Your parcel was handed to a neighbour at number twelve.",
    "Please hold the cup with both hands, it is very hot.",
    "The museum is closed on Mondays, so let us go tomorrow.",
    "We grow tomatoes on the balcony, and basil between them.",
    "I have turned off the lights in the kitchen and the hall.",
    "She plays the cello, he paints, and their dog sings along.",
    "The last bus is gone, but I can call a taxi for you.",
    "Add a pinch of salt, stir slowly, and wait for the steam.",
    "My brother repairs bicycles in a small shop by the river.",
    "If you are calling about a bill, tell me the number on it.",
    "There are five new messages, and one of them is urgent.",
    "The harbour was quiet, and the gulls slept on the roofs.",
    "You can pay by card, in cash, or at the end of the month.",
    "Let me read that back to you, so that we get it right.",
)
LONG = (
    "The path follows the stream for an hour, climbs through an old oak wood, and ends at a hut where a shepherd"
    " sells cheese and the strongest coffee in the valley.",
    "Before you open the case, unplug the machine, wait a full minute until the light has gone out, and then"
    " loosen the two screws at the back with a small driver.",
    "When my grandmother was a girl, the whole village met at the bakery on Saturday evening, because it was warm"
    " there, and because the baker owned the only radio.",
    "I looked at both offers for you: the first is cheaper by eleven pounds a month, but the second has no"
    " minimum term, and you could leave whenever you like.",
    "On clear nights you can see the lighthouse from here, a slow white finger that sweeps over the water,"
    " touches the cliffs for a moment, and moves on.",
    "The meeting starts at half past two in the large room upstairs, and since nine people are coming, it would"
    " be kind to bring a few more chairs from the library.",
    "To reset your password, go to the page I have just sent you, enter the six digits from the letter, and"
    " choose a new one that you have not used before.",
    "He had promised to be home before dark, but the ferry was late, the road was flooded, and in the end he"
    " slept in the station between a drummer and two nuns.",
    "Our kitchen closes at ten, though if you order now I can still ask for the soup, a plate of bread and"
    " olives, and perhaps the pear cake, if there is any left.",
    "Bees find their way by the sun, by landmarks, and by smell, and they tell each other of a good meadow with a"
    " dance that gives both its direction and its distance.",
    "In the first year we planted apple trees, in the second the deer ate most of them, and in the third we built"
    " a fence and started again with plums.",
    "It is a short book about a long winter: two sisters keep an inn at the end of a railway line, and one"
    " evening a guest arrives who will not tell his name.",
)
SENTENCES = SHORT + MEDIUM + LONG

_WRITTEN = {
    "en": (
        "## Option {a}\n\n",
        "- **Price:** ${b}.{c} per month, or £{b} in the UK\n",
        "- *Free* until {d} July 20{c}, then **{a}%** more\n",
        "1. Turn the oven to {b}°C and bake for {a}-{d} minutes.\n",
        "The train leaves at {d}:{c} and takes about {a}.5 hours. ",
        "Call +44 20 7946 0{b} or write to help{a}@example.com. ",
        "That is {b},{b} steps, {d} km, or 1/{a} of the way. ",
        "See [the guide](https://example.com/guide/{b}) for details. ",
        "Dr. Smith saw the {a}th patient, e.g. at {d} p.m., in Room {c}B. ",
        "Is {a} < {b}? Yes: {a} + {d} = {c}! [laugh] ",
        "| Plan | Users | Cost |\n|---|---|---|\n| Basic | {a} | ${d} |\n\n",
        "\n",
    ),
    "hi": (
        "## विकल्प {a}\n\n",
        "- **कीमत:** ₹{d},{c},{b} या लगभग ${b} प्रति माह\n",
        "- {d} अगस्त 20{c} तक मुफ़्त, फिर {a}% अधिक\n",
        "1. ओवन को {b}°C पर गरम करें और {a}-{d} मिनट तक पकाएँ।\n",
        "गाड़ी {d}:{c} बजे चलती है और लगभग {a}.5 घंटे लेती है। ",
        "हमें +91 98765 4{b}{c} पर फ़ोन करें। ",
        "कल बाज़ार में बहुत भीड़ थी, इसलिए हम जल्दी घर लौट आए और साथ बैठकर चाय पी। ",
        "डॉ. शर्मा ने {a}वें मरीज़ को देखा, और सब ठीक था। ",
        "क्या यह सच है कि पहाड़ों में बारिश रात भर होती रही? हाँ, बिल्कुल! ",
        "मेरी दादी कहती हैं कि जो धीरे चलता है, वही दूर तक जाता है। ",
        "\n",
    ),
}
"""How a language model writes, with places for numbers."""

_TOKEN = re.compile(r"\s*\S{1,4}")


def tokens(text: str) -> tuple[str, ...]:
    """Cut a text into pieces about as long as a language model's tokens. Joined they are the text."""
    pieces = _TOKEN.findall(text)
    return (*pieces[:-1], pieces[-1] + text[len("".join(pieces)) :]) if pieces else (text,)


def monologue(num_chars: int, random: Random) -> str:
    """Return sentences in random order, until there are so many characters."""
    chosen: list[str] = []
    while num_chars > 0:
        chosen.append(random.choice(SENTENCES))
        num_chars -= len(chosen[-1]) + 1
    return " ".join(chosen)


def answer(num_chars: int, language: str, random: Random) -> str:
    """Return what a language model might write, in "en" or "hi", with numbers of all kinds: so many characters."""
    chosen: list[str] = []
    length = 0
    while length < num_chars:
        numbers = {"a": random.randint(2, 99), "b": random.randint(100, 999), "d": random.randint(1, 12)}
        line = random.choice(_WRITTEN[language]).format(**numbers, c=random.randint(10, 59))
        if language == "en" and random.random() < 0.5:
            line += random.choice(SENTENCES) + " "
        chosen.append(line)
        length += len(line)
    return "".join(chosen)[:num_chars]
