"""What the registry knows that the cells of a list are read by."""

from typing import Final

from portal.common.names import fold
from portal.registry.imports.rows import Vocabulary
from portal.registry.models import Lot, Product, ProductAlias

# For doses given abroad. On a list of a site "Sinovac" is most likely a slip for
# Sinopharm, and somebody has to say which.
ABROAD: Final = frozenset(("coronavac", "nuvaxovid", "other"))


def load() -> Vocabulary:
    """Return products by every folded name and code, and lots by their number.

    Without those that only doses given abroad are of.
    """
    products = {
        fold(name): code
        for code, name in Product.objects.values_list("code", "name").order_by("pk")
    }
    products |= {
        fold(code): code
        for code in Product.objects.values_list("code", flat=True).order_by("pk")
    }
    products |= dict(
        ProductAlias.objects.order_by("pk").values_list("folded", "product__code")
    )
    products = {word: code for word, code in products.items() if code not in ABROAD}
    lots = dict(Lot.objects.order_by("pk").values_list("number", "product__code"))
    return Vocabulary(products=products, lots=lots)
