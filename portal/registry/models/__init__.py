"""What is recorded."""

from portal.registry.models.certificate import Certificate
from portal.registry.models.correction import Correction, FeedEntry
from portal.registry.models.dose import Dose
from portal.registry.models.dosefile import DoseFile
from portal.registry.models.load import Load, LoadBlock
from portal.registry.models.person import (
    IdentityDocument,
    NameAlias,
    NameShare,
    Person,
    Telephone,
)
from portal.registry.models.population import (
    PopulationAnswer,
    PopulationBatch,
    PopulationEntry,
    PopulationFigure,
    PopulationInquiry,
    PopulationRun,
)
from portal.registry.models.product import Lot, LotAllocation, Product, ProductAlias
from portal.registry.models.proposal import MatchChange, Proposal
from portal.registry.models.quality import (
    NumberReading,
    QualityChange,
    QualityCount,
    QualityFinding,
    QualityRun,
    TelephoneReading,
    Threshold,
)
from portal.registry.models.session_list import (
    ListColumns,
    ListJob,
    SessionList,
    StagedRow,
)
from portal.registry.models.site import (
    Holiday,
    Organization,
    OrganizationName,
    OrganizationSuccession,
)
from portal.registry.models.unit import AdministrativeUnit, UnitAlias, UnitSuccession

__all__ = [
    "StagedRow",
    "SessionList",
    "ListJob",
    "ListColumns",
    "AdministrativeUnit",
    "Certificate",
    "Correction",
    "Dose",
    "DoseFile",
    "FeedEntry",
    "Holiday",
    "IdentityDocument",
    "Load",
    "LoadBlock",
    "Lot",
    "LotAllocation",
    "MatchChange",
    "NameAlias",
    "NameShare",
    "NumberReading",
    "Organization",
    "OrganizationName",
    "OrganizationSuccession",
    "Person",
    "PopulationAnswer",
    "PopulationBatch",
    "PopulationEntry",
    "PopulationFigure",
    "PopulationInquiry",
    "PopulationRun",
    "Product",
    "ProductAlias",
    "Proposal",
    "QualityChange",
    "QualityCount",
    "QualityFinding",
    "QualityRun",
    "Telephone",
    "TelephoneReading",
    "Threshold",
    "UnitAlias",
    "UnitSuccession",
]
