"""What the registry knows that the cells of a list are read by."""

from portal.common.names import fold
from portal.registry.imports.rows import Vocabulary
from portal.registry.models import Lot, Product, ProductAlias


def load() -> Vocabulary:
    """Return products by every folded name and code, and lots by their number."""
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
    lots = dict(Lot.objects.order_by("pk").values_list("number", "product__code"))
    return Vocabulary(products=products, lots=lots)
