"""Symbols of units and currencies, and the international names by which CLDR knows them: data only."""

from __future__ import annotations

from engine.text.languages.words import names, pairs

CURRENCY_SIGNS = pairs(
    """
    $: USD
    US$: USD
    C$: CAD
    CA$: CAD
    A$: AUD
    AU$: AUD
    NZ$: NZD
    S$: SGD
    HK$: HKD
    €: EUR
    £: GBP
    ¥: JPY
    ₹: INR
    ₩: KRW
    ₽: RUB
    ₺: TRY
    ₦: NGN
    ₫: VND
    ₱: PHP
    ₴: UAH
    ฿: THB
    ₪: ILS
    ৳: BDT
    """
)
"""Signs that stand before or after an amount of money, and their ISO codes."""
CURRENCY_WORDS = dict.fromkeys(("rs", "rs.", "रु", "रु.", "रू", "रू.", "रुपये."), "INR")
"""Words that do the same."""
CURRENCY_CODES = names(
    "INR USD EUR GBP JPY CNY CHF CAD AUD NZD SGD HKD AED SAR PKR BDT LKR NPR KRW SEK NOK DKK PLN RUB TRY BRL MXN ZAR"
)
"""ISO 4217 codes that people write beside amounts; they are named in full, as CLDR does."""

UNITS = pairs(
    """
    km: length-kilometer
    m: length-meter
    cm: length-centimeter
    mm: length-millimeter
    µm: length-micrometer
    μm: length-micrometer
    nm: length-nanometer
    mi: length-mile
    yd: length-yard
    ft: length-foot
    kg: mass-kilogram
    kgs: mass-kilogram
    Kg: mass-kilogram
    g: mass-gram
    gm: mass-gram
    mg: mass-milligram
    µg: mass-microgram
    μg: mass-microgram
    mcg: mass-microgram
    lb: mass-pound
    lbs: mass-pound
    oz: mass-ounce
    L: volume-liter
    l: volume-liter
    ml: volume-milliliter
    mL: volume-milliliter
    cl: volume-centiliter
    dl: volume-deciliter
    cc: volume-cubic-centimeter
    tbsp: volume-tablespoon
    tsp: volume-teaspoon
    gal: volume-gallon
    h: duration-hour
    hr: duration-hour
    hrs: duration-hour
    min: duration-minute
    mins: duration-minute
    s: duration-second
    sec: duration-second
    secs: duration-second
    ms: duration-millisecond
    µs: duration-microsecond
    μs: duration-microsecond
    ns: duration-nanosecond
    yr: duration-year
    yrs: duration-year
    KB: digital-kilobyte
    kB: digital-kilobyte
    MB: digital-megabyte
    GB: digital-gigabyte
    TB: digital-terabyte
    PB: digital-petabyte
    kb: digital-kilobit
    Mb: digital-megabit
    Gb: digital-gigabit
    Hz: frequency-hertz
    kHz: frequency-kilohertz
    MHz: frequency-megahertz
    GHz: frequency-gigahertz
    W: power-watt
    kW: power-kilowatt
    MW: power-megawatt
    GW: power-gigawatt
    hp: power-horsepower
    kWh: energy-kilowatt-hour
    V: electric-volt
    mA: electric-milliampere
    Ω: electric-ohm
    J: energy-joule
    kJ: energy-kilojoule
    cal: energy-calorie
    kcal: energy-kilocalorie
    Pa: pressure-pascal
    hPa: pressure-hectopascal
    kPa: pressure-kilopascal
    MPa: pressure-megapascal
    psi: pressure-pound-force-per-square-inch
    atm: pressure-atmosphere
    mmHg: pressure-millimeter-ofhg
    km/h: speed-kilometer-per-hour
    kmph: speed-kilometer-per-hour
    kph: speed-kilometer-per-hour
    mph: speed-mile-per-hour
    m/s: speed-meter-per-second
    mpg: consumption-mile-per-gallon
    m²: area-square-meter
    km²: area-square-kilometer
    cm²: area-square-centimeter
    ft²: area-square-foot
    sqft: area-square-foot
    sqm: area-square-meter
    ha: area-hectare
    m³: volume-cubic-meter
    cm³: volume-cubic-centimeter
    °C: temperature-celsius
    ℃: temperature-celsius
    ºC: temperature-celsius
    °F: temperature-fahrenheit
    ℉: temperature-fahrenheit
    ºF: temperature-fahrenheit
    °: angle-degree
    px: graphics-pixel
    MP: graphics-megapixel
    rpm: revolutions-per-minute
    bpm: beats-per-minute
    fps: frames-per-second
    dB: decibel
    Mbps: megabit-per-second
    Gbps: gigabit-per-second
    kbps: kilobit-per-second
    mAh: milliampere-hour
    ppm: parts-per-million
    mo: duration-month
    wk: duration-week
    m/s²: acceleration-meter-per-square-second
    ‰: concentr-permille
    IU: international-unit
    x: times
    X: times
    sq ft: area-square-foot
    sq m: area-square-meter
    sq km: area-square-kilometer
    sq mi: area-square-mile
    किमी: length-kilometer
    कि.मी: length-kilometer
    मी: length-meter
    सेमी: length-centimeter
    से.मी: length-centimeter
    मिमी: length-millimeter
    मि.मी: length-millimeter
    किग्रा: mass-kilogram
    कि.ग्रा: mass-kilogram
    मिग्रा: mass-milligram
    मि.ग्रा: mass-milligram
    ग्रा: mass-gram
    मिली: volume-milliliter
    मि.ली: volume-milliliter
    ली: volume-liter
    """
)
"""Symbols of units; those without a key of CLDR are named by each language's own table."""
ATTACHED_ONLY = names("° x X")
"""Symbols that mean something else where they stand apart from their number."""
