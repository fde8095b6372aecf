"""English: data only."""

from __future__ import annotations

from engine.text.languages.words import Currency, Words, names, pairs

MONTHS_THAT_ARE_WORDS = names("may march mar jun jan sep dec")
"""Names of months that mean something else in lower case."""

REGNAL = names(
    """
    henry louis george elizabeth charles edward james william richard john paul pius benedict francis gregory leo
    innocent clement alexander nicholas peter catherine frederick philip ferdinand alfonso gustav christian napoleon
    ramesses ptolemy rama otto ivan mary victoria urban
    """
)
"""Names of rulers: a Roman numeral after one is an ordinal, the eighth."""
ROMAN_CUES = names("chapter part act scene volume vol book section article phase type class level war bowl appendix "
                   "title grade stage unit schedule form season episode apollo rocky अध्याय खंड भाग कक्षा")  # fmt: skip
"""Words before Roman numerals that are read as plain numbers."""

NOT_NAMES = names("the he she it we they you i a an in on at and but or so this that these those there then when if "
                  "our my his her their is was")  # fmt: skip
"""Capitalised words that begin a sentence and are no one's name."""

HALVES = ("half", "halves")
QUARTERS = ("quarter", "quarters")

_CENTS = ("cent", "cents")

WORDS = Words(
    point="point",
    minus="minus",
    plus="plus",
    percent="percent",
    joined_by="and",
    to="to",
    per="per",
    version="version",
    currencies={
        "USD": Currency("dollar", "dollars", *_CENTS),
        "EUR": Currency("euro", "euros", *_CENTS),
        "GBP": Currency("pound", "pounds", "penny", "pence"),
        "INR": Currency("rupee", "rupees", "paisa", "paise"),
        "JPY": Currency("yen", "yen"),
        "CNY": Currency("yuan", "yuan"),
        "KRW": Currency("won", "won"),
        "CAD": Currency("Canadian dollar", "Canadian dollars", *_CENTS),
        "AUD": Currency("Australian dollar", "Australian dollars", *_CENTS),
        "NZD": Currency("New Zealand dollar", "New Zealand dollars", *_CENTS),
        "SGD": Currency("Singapore dollar", "Singapore dollars", *_CENTS),
        "HKD": Currency("Hong Kong dollar", "Hong Kong dollars", *_CENTS),
    },
    signs=pairs(
        """
        &: and
        +: plus
        =: equals
        @: at
        %: percent
        №: number
        ×: times
        ÷: divided by
        ±: plus or minus
        ≈: is approximately
        ≠: is not equal to
        ≤: is less than or equal to
        ≥: is greater than or equal to
        <: is less than
        >: is greater than
        <=: is less than or equal to
        >=: is greater than or equal to
        ==: equals
        !=: is not equal to
        √: the square root of
        ∞: infinity
        π: pi
        °: degrees
        §: section
        ©: copyright
        ®: registered
        ™: trademark
        #: number
        −: minus
        ^: to the power of
        $: dollars
        €: euros
        £: pounds
        ¥: yen
        ₹: rupees
        """
    ),
    inside=pairs(
        """
        .: dot
        /: slash
        @: at
        _: underscore
        -: dash
        :: colon
        #: hash
        ?: question mark
        =: equals
        &: and
        +: plus
        %: percent
        ~: tilde
        *: star
        \\: backslash
        <: less than
        >: greater than
        |: bar
        ^: caret
        $: dollar
        ×: by
        °: degrees
        """
    ),
    scales={
        **{
            word: word
            for word in ("hundred", "thousand", "million", "billion", "trillion", "lakh", "lakhs", "crore", "crores")
        },
        **{"cr": "crore", "mn": "million", "bn": "billion"},
    },
    magnitudes=pairs(
        """
        k: thousand
        m: million
        mn: million
        mm: million
        b: billion
        bn: billion
        t: trillion
        tn: trillion
        cr: crore
        l: lakh
        """
    ),
    units={
        "temperature-kelvin": ("kelvin", "kelvin"),
        "volume-gallon": ("gallon", "gallons"),
        "parts-per-million": ("part per million", "parts per million"),
        "concentr-permille": ("per mille", "per mille"),
        "times": ("times", "times"),
        "energy-calorie": ("calorie", "calories"),
        "revolutions-per-minute": ("revolution per minute", "revolutions per minute"),
        "beats-per-minute": ("beat per minute", "beats per minute"),
        "frames-per-second": ("frame per second", "frames per second"),
        "decibel": ("decibel", "decibels"),
        "kilobit-per-second": ("kilobit per second", "kilobits per second"),
        "megabit-per-second": ("megabit per second", "megabits per second"),
        "gigabit-per-second": ("gigabit per second", "gigabits per second"),
        "milliampere-hour": ("milliampere-hour", "milliampere-hours"),
        "international-unit": ("international unit", "international units"),
    },
    abbreviations=pairs(
        """
        mr: Mister
        mrs: Missus
        dr: Doctor
        prof: Professor
        sr: Senior
        jr: Junior
        rev: Reverend
        hon: Honourable
        gen: General
        col: Colonel
        capt: Captain
        lt: Lieutenant
        sgt: Sergeant
        gov: Governor
        sen: Senator
        rep: Representative
        messrs: Messieurs
        vs: versus
        etc: et cetera
        al: al
        e.g: for example
        i.e: that is
        approx: approximately
        dept: department
        inc: Incorporated
        ltd: Limited
        corp: Corporation
        bros: Brothers
        cf: compare
        viz: namely
        ave: Avenue
        blvd: Boulevard
        rd: Road
        st: Street
        mt: Mount
        govt: government
        jan: January
        feb: February
        mar: March
        apr: April
        jun: June
        jul: July
        aug: August
        sep: September
        sept: September
        oct: October
        nov: November
        dec: December
        max: maximum
        hrs: hours
        mins: minutes
        secs: seconds
        tel: telephone
        est: established
        ca: circa
        incl: including
        excl: excluding
        mon: Monday
        tue: Tuesday
        wed: Wednesday
        thu: Thursday
        fri: Friday
        sat: Saturday
        sun: Sunday
        co: Company
        ph.d: P H D
        ext: extension
        """
    ),
    titles={"st": "Saint", "mt": "Mount", "ft": "Fort"},
    counted=pairs(
        """
        no: number
        nos: numbers
        p: page
        pp: pages
        vol: volume
        ch: chapter
        sec: section
        fig: figure
        figs: figures
        eq: equation
        ver: version
        min: minimum
        max: maximum
        ext: extension
        """
    ),
    spoken_caps=names(
        """
        NASA NATO COVID UNESCO UNICEF AIDS ISRO OPEC ASEAN SAARC LASER RADAR SIM PIN RAM ROM GIF JPEG JSON YAML ASCII
        NASDAQ IKEA FIFA UEFA NAFTA OSHA SWAT SCUBA AWOL POTUS SCOTUS FEMA DRAM MIDI DOS RAID SAT GATE NEET BRICS
        AADHAAR WASH PAN CRISPR CAPTCHA WYSIWYG SOAP REST CRUD LAN WAN MAC OK SARS MERS LIDAR TOEFL NABARD SEBI CAT MAT
        """
    ),
    short_caps=names(
        """
        A I AN AM AS AT BE BY DO GO HE IF IN IS ME MY NO OF ON OR SO TO UP WE OH AND ANY ARE ALL BUT CAN DID END FOR
        GET GOT HAD HAS HER HIM HIS HOW ITS LET MAY NEW NOT NOW OFF OLD ONE OUR OUT OWN PUT RED RUN SAY SEE SHE THE TOO
        TOP TRY TWO USE WAS WAY WHY WIN YES YET YOU ASK ACT ADD AGO AIR EAT EGG END FEW KEY LOW OIL PAY SAW TEA
        TIE VIA WHY YEAH AGE ICE USE EVE EYE EAR ART ACE AWE EVERY
        """
    ),
    words={
        "w/": "with",
        "w/o": "without",
        "mp3": "M P three",
        "mp4": "M P four",
        "π": "pi",
        "720p": "seven twenty P",
        "1080p": "ten eighty P",
        "c#": "C sharp",
        "f#": "F sharp",
    },
    spelled_caps=names(
        """
        ASAP IEEE USAF YMCA AICTE IELTS VIP HIV SUV LOL DOB SOS FAQ DIY POC NOC KYC JEE CID FIR PIL LED WHO SIP LOC BIS
        NIT SEC SIR RIP POS FOB MOU GUI CEO CFO CTO CAT MAT SSC RRB BSC MSC LTE COD ETA EMI CIF DUI WIP PTO RSS USB URL
        HUL TCS LIC SBI HDFC BEML NTPC ONGC GAIL BHEL ISBN ISSN OECD IATA ICAO
        """
    )
    - names("SIR CAT MAT GAIL IATA ICAO"),
    places={"dr": "Drive"},
    undotted=names("vs"),
    lower_counted=names("no nos"),
    capital_only=names(
        """
        sen gen rep gov col capt lt hon rev jan feb mar apr jun jul aug sep sept oct nov dec inc corp co mt
        mon tue wed thu fri sat sun
        """
    ),
    before_names=names("dr mr mrs ms prof rev hon gen col capt lt sgt gov sen rep messrs mt e.g i.e cf viz approx vs"),
    fronts=pairs(
        """
        <: less than
        >: greater than
        ≤: at most
        ≥: at least
        ≈: approximately
        ~: approximately
        √: the square root of
        #: number
        ×: times
        =: equals
        @: at
        &: and
        """
    ),
    figures_of_speech={
        "24/7": "twenty-four seven",
        "24x7": "twenty-four seven",
        "24×7": "twenty-four seven",
        "9/11": "nine eleven",
        "50/50": "fifty fifty",
        "20/20": "twenty twenty",
    },
    powers={"2": "squared", "3": "cubed"},
    by="by",
    out_of="out of",
    over="over",
    power="to the power of",
    hashtag="hashtag",
    year_cues=names("in since circa ca est until till before after during by from spring summer autumn winter fall"),
    year_followers=names("hours AD BC BCE CE A.D. B.C. B.C.E. C.E."),
)
