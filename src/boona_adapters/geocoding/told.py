"""Which services may this installation ask?"""

from boona_adapters.geocoding.asking import JsonService
from boona_adapters.geocoding.nominatim import Nominatim
from boona_adapters.geocoding.osrm import Osrm
from boona_adapters.settings import GeocodingSettings
from boona_core.geocoding import Service
from boona_core.patients import TravelMode


def geocoder(told: GeocodingSettings) -> Nominatim | None:
    """The geocoder; None: none is named."""
    return None if told.nominatim_url is None else Nominatim(_asked(told, Service.NOMINATIM, told.nominatim_url))


def router(told: GeocodingSettings) -> Osrm | None:
    """The router, with a server for each means of travel that has one; None: none is named."""
    urls = {
        TravelMode.CAR: told.osrm_url,
        TravelMode.BIKE: told.osrm_bike_url,
        TravelMode.FOOT: told.osrm_foot_url,
    }
    asked = {mode: _asked(told, Service.OSRM, url) for mode, url in urls.items() if url is not None}
    return Osrm(asked) if asked else None


def _asked(told: GeocodingSettings, service: Service, url: str) -> JsonService:
    return JsonService(service=service, url=url, contact=told.contact or "", timeout=told.timeout)
