"""What are the invented people and streets called?  Names that are common in Germany, put together by chance."""

WOMEN = (
    "Anna", "Lena", "Julia", "Laura", "Sarah", "Katharina", "Christina", "Sabine", "Susanne", "Petra", "Monika",
    "Claudia", "Andrea", "Birgit", "Martina", "Heike", "Ulrike", "Karin", "Barbara", "Stefanie", "Nicole", "Melanie",
    "Sandra", "Anja", "Tanja", "Kerstin", "Silke", "Britta", "Miriam", "Johanna", "Hannah", "Sophie", "Marie",
    "Charlotte", "Clara", "Franziska", "Theresa", "Eva", "Judith", "Rebecca", "Nadine", "Jasmin", "Vanessa",
    "Carolin", "Antonia", "Helena", "Luise", "Ida", "Aylin", "Elif", "Zeynep", "Fatma", "Leyla", "Samira", "Olga",
    "Natalia", "Irina", "Agnieszka", "Małgorzata", "Mai", "Chiara", "Giulia", "Ana",
)  # fmt: skip

MEN = (
    "Thomas", "Michael", "Andreas", "Peter", "Stefan", "Christian", "Martin", "Markus", "Jürgen", "Wolfgang", "Klaus",
    "Uwe", "Frank", "Bernd", "Dirk", "Jörg", "Ralf", "Matthias", "Sebastian", "Daniel", "Alexander", "Tobias",
    "Florian", "Jan", "Tim", "Philipp", "Lukas", "Jonas", "Felix", "Maximilian", "Moritz", "Leon", "Paul", "Jakob",
    "David", "Simon", "Benjamin", "Johannes", "Julian", "Nils", "Lars", "Sven", "Oliver", "Marcel", "Patrick",
    "Dennis", "Kevin", "Fabian", "Dominik", "Emil", "Mehmet", "Emre", "Can", "Murat", "Yusuf", "Omar", "Dmitri",
    "Sergej", "Piotr", "Tomasz", "Minh", "Luca", "Marco", "Mateo",
)  # fmt: skip

LAST_NAMES = (
    "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann",
    "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann", "Schwarz", "Zimmermann", "Braun",
    "Krüger", "Hofmann", "Hartmann", "Lange", "Schmitt", "Werner", "Schmitz", "Krause", "Meier", "Lehmann", "Schmid",
    "Schulze", "Maier", "Köhler", "Herrmann", "König", "Walter", "Mayer", "Huber", "Kaiser", "Fuchs", "Peters",
    "Lang", "Scholz", "Möller", "Weiß", "Jung", "Hahn", "Schubert", "Vogel", "Friedrich", "Keller", "Günther",
    "Frank", "Berger", "Winkler", "Roth", "Beck", "Lorenz", "Baumann", "Franke", "Albrecht", "Schuster", "Simon",
    "Ludwig", "Böhm", "Winter", "Kraus", "Martin", "Schumacher", "Krämer", "Vogt", "Stein", "Jäger", "Otto", "Sommer",
    "Groß", "Seidel", "Heinrich", "Brandt", "Haas", "Schreiber", "Graf", "Schulte", "Dietrich", "Ziegler", "Kuhn",
    "Kühn", "Pohl", "Engel", "Horn", "Busch", "Bergmann", "Thomas", "Voigt", "Sauer", "Arnold", "Wolff", "Pfeiffer",
    "Petersen", "Hansen", "Jansen", "Lindner", "Reuter", "Brinkmann", "Kowalski", "Nowak", "Wiśniewski", "Kaya",
    "Demir", "Doğan", "Şahin", "Öztürk", "Çelik", "Arslan", "Nguyen", "Tran", "Petrov", "Ivanov", "Rossi", "Costa",
    "García", "Haddad", "Rahimi", "Novák", "Horvat",
)  # fmt: skip

STREETS = (
    "Ahornweg", "Am Stadtpark", "Am Markt", "Bahnhofstraße", "Bergstraße", "Bismarckstraße", "Blumenstraße",
    "Brunnenstraße", "Dorfstraße", "Eichenallee", "Feldstraße", "Friedrichstraße", "Gartenstraße", "Goethestraße",
    "Hauptstraße", "Heinrich-Heine-Straße", "Hermannstraße", "Jahnstraße", "Kaiserstraße", "Kantstraße", "Karlstraße",
    "Kastanienallee", "Kirchplatz", "Königstraße", "Lessingstraße", "Lindenallee", "Lindenstraße", "Luisenstraße",
    "Marienstraße", "Marktstraße", "Mozartstraße", "Mühlenweg", "Neue Straße", "Parkstraße", "Poststraße",
    "Ringstraße", "Rosenstraße", "Schillerstraße", "Schulstraße", "Sonnenstraße", "Steinweg", "Uferstraße",
    "Waldstraße", "Wallstraße", "Weststraße", "Wiesenweg", "Wilhelmstraße",
)  # fmt: skip

PRACTICES = (
    "am-stadtpark", "am-markt", "am-schlossplatz", "am-kanal", "am-alten-hafen", "an-der-muehle", "im-hof",
    "im-altbau", "im-lindenhof", "zur-linde", "zeitraum", "freiraum", "lichtblick", "am-wasserturm", "am-ring",
)  # fmt: skip
"""What a shared practice is called in its address on the net."""

TELEPHONES = {
    "Berlin": "030 23125",
    "Frankfurt am Main": "069 90009",
    "Hamburg": "040 66969",
    "Köln": "0221 4710",
    "München": "089 99998",
}
"""Beginnings of numbers that the Bundesnetzagentur keeps for films: three more digits, and nobody's telephone rings."""

INSURERS = (
    ("AOK", 19), ("Techniker Krankenkasse", 11), ("BARMER", 8), ("DAK-Gesundheit", 6), ("IKK classic", 3),
    ("KNAPPSCHAFT", 2), ("KKH Kaufmännische Krankenkasse", 2), ("HEK – Hanseatische Krankenkasse", 1),
    ("hkk Krankenkasse", 1), ("SBK Siemens-Betriebskrankenkasse", 1), ("Debeka (privat)", 1), ("Beihilfe", 1),
)  # fmt: skip
"""Health insurers, and how often each occurs."""

REGIONAL_AOK = {
    "BB": "AOK Nordost", "BE": "AOK Nordost", "BW": "AOK Baden-Württemberg", "BY": "AOK Bayern",
    "HB": "AOK Bremen/Bremerhaven", "HE": "AOK Hessen", "HH": "AOK Rheinland/Hamburg", "MV": "AOK Nordost",
    "NI": "AOK Niedersachsen", "NW": "AOK Rheinland/Hamburg", "RP": "AOK Rheinland-Pfalz/Saarland",
    "SH": "AOK NordWest", "SL": "AOK Rheinland-Pfalz/Saarland", "SN": "AOK PLUS", "ST": "AOK Sachsen-Anhalt",
    "TH": "AOK PLUS",
}  # fmt: skip
"""What the AOK is called in a Land."""
