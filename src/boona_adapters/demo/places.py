"""Where do the invented people live?  A few dozen large German cities, with real names and postal codes."""

from typing import Any

from attrs import frozen

from boona_core.geo import Point, kilometres


@frozen
class Place:
    """A city.

    Attributes:
        land: The Land by its two letters, as in ``NW``.
        latitude: Degrees north of the equator, of the centre.
        longitude: Degrees east of Greenwich.
        weight: Inhabitants in ten thousands, about; decides how many of the invented people live here.
        postal_codes: Some of its postal codes.
    """

    city: str
    land: str
    latitude: float
    longitude: float
    weight: int
    postal_codes: tuple[str, ...]

    def kilometres_to(self, other: "Place") -> float:
        """The great-circle distance between the centres."""
        return kilometres(Point(self.latitude, self.longitude), Point(other.latitude, other.longitude))


PLACES = (
    Place("Berlin", "BE", 52.52, 13.40, 366, ("10115", "10119", "10243", "10405", "10585", "10961", "12043", "13347")),
    Place("Hamburg", "HH", 53.55, 9.99, 185, ("20095", "20144", "20253", "20357", "22085", "22303", "22765")),
    Place("München", "BY", 48.14, 11.58, 148, ("80331", "80469", "80636", "80799", "81541", "81667")),
    Place("Köln", "NW", 50.94, 6.96, 108, ("50667", "50674", "50733", "50823", "50937", "51065")),
    Place("Frankfurt am Main", "HE", 50.11, 8.68, 76, ("60311", "60316", "60325", "60385", "60487", "60594")),
    Place("Stuttgart", "BW", 48.78, 9.18, 63, ("70173", "70176", "70193", "70372", "70565")),
    Place("Düsseldorf", "NW", 51.23, 6.78, 62, ("40210", "40213", "40223", "40476", "40545")),
    Place("Leipzig", "SN", 51.34, 12.37, 61, ("04103", "04109", "04177", "04229", "04275")),
    Place("Dortmund", "NW", 51.51, 7.47, 59, ("44135", "44137", "44139", "44225")),
    Place("Essen", "NW", 51.46, 7.01, 58, ("45127", "45130", "45131", "45147")),
    Place("Bremen", "HB", 53.08, 8.81, 57, ("28195", "28203", "28209", "28215")),
    Place("Dresden", "SN", 51.05, 13.74, 56, ("01067", "01097", "01099", "01219", "01307")),
    Place("Hannover", "NI", 52.37, 9.73, 54, ("30159", "30161", "30167", "30449")),
    Place("Nürnberg", "BY", 49.45, 11.08, 52, ("90402", "90408", "90419", "90459")),
    Place("Duisburg", "NW", 51.43, 6.76, 50, ("47051", "47053", "47057", "47198")),
    Place("Bochum", "NW", 51.48, 7.22, 36, ("44787", "44789", "44801")),
    Place("Wuppertal", "NW", 51.26, 7.15, 36, ("42103", "42105", "42275")),
    Place("Bielefeld", "NW", 52.02, 8.53, 34, ("33602", "33604", "33615")),
    Place("Bonn", "NW", 50.74, 7.10, 33, ("53111", "53113", "53115", "53173")),
    Place("Münster", "NW", 51.96, 7.63, 32, ("48143", "48147", "48149", "48153")),
    Place("Mannheim", "BW", 49.49, 8.47, 31, ("68159", "68161", "68165", "68199")),
    Place("Karlsruhe", "BW", 49.01, 8.40, 31, ("76131", "76133", "76135", "76137")),
    Place("Augsburg", "BY", 48.37, 10.90, 30, ("86150", "86152", "86159", "86161")),
    Place("Wiesbaden", "HE", 50.08, 8.24, 28, ("65183", "65185", "65187", "65195")),
    Place("Aachen", "NW", 50.78, 6.08, 25, ("52062", "52064", "52066", "52070")),
    Place("Gelsenkirchen", "NW", 51.52, 7.10, 26, ("45879", "45884", "45894")),
    Place("Braunschweig", "NI", 52.27, 10.52, 25, ("38100", "38102", "38106", "38118")),
    Place("Kiel", "SH", 54.32, 10.14, 25, ("24103", "24105", "24114", "24118")),
    Place("Chemnitz", "SN", 50.83, 12.92, 24, ("09111", "09112", "09113", "09126")),
    Place("Halle (Saale)", "ST", 51.48, 11.97, 24, ("06108", "06110", "06114", "06120")),
    Place("Magdeburg", "ST", 52.13, 11.63, 24, ("39104", "39106", "39108", "39112")),
    Place("Freiburg im Breisgau", "BW", 47.99, 7.85, 23, ("79098", "79100", "79102", "79106")),
    Place("Krefeld", "NW", 51.34, 6.58, 23, ("47798", "47799", "47800")),
    Place("Mainz", "RP", 50.00, 8.27, 22, ("55116", "55118", "55122", "55131")),
    Place("Lübeck", "SH", 53.87, 10.69, 22, ("23552", "23558", "23562", "23564")),
    Place("Erfurt", "TH", 50.98, 11.03, 21, ("99084", "99086", "99092", "99096")),
    Place("Rostock", "MV", 54.09, 12.14, 21, ("18055", "18057", "18106", "18119")),
    Place("Kassel", "HE", 51.31, 9.48, 20, ("34117", "34119", "34121", "34131")),
    Place("Saarbrücken", "SL", 49.24, 7.00, 18, ("66111", "66113", "66117", "66121")),
    Place("Potsdam", "BB", 52.40, 13.06, 18, ("14467", "14469", "14471", "14482")),
    Place("Heidelberg", "BW", 49.41, 8.70, 16, ("69115", "69117", "69120", "69123")),
    Place("Regensburg", "BY", 49.02, 12.10, 15, ("93047", "93049", "93051", "93053")),
    Place("Göttingen", "NI", 51.54, 9.93, 12, ("37073", "37075", "37081", "37085")),
    Place("Jena", "TH", 50.93, 11.59, 11, ("07743", "07745", "07747")),
)


def postal_codes() -> list[dict[str, Any]]:
    """The postal codes of all these cities as rows of a file, each where its city's centre is."""
    return [
        {
            "postal_code": code,
            "place": place.city,
            "state": place.land,
            "latitude": place.latitude,
            "longitude": place.longitude,
        }
        for place in PLACES
        for code in place.postal_codes
    ]
