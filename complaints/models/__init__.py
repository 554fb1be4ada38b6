"""What is said of the record, and what becomes of it."""

from complaints.models.access_sign import AccessSign
from complaints.models.attention import Lease, Presence, Skip
from complaints.models.bulk import Bulk, BulkItem, BulkRun
from complaints.models.campaign_date import CampaignDate
from complaints.models.complaint import Caveat, Claim, Complaint
from complaints.models.data_request import DataRequest
from complaints.models.delegation import Delegation, Replay
from complaints.models.event import Event, Message
from complaints.models.figure import Figure, Measure, SubtreeFigure, Watermark
from complaints.models.figure_review import FigureReview
from complaints.models.gaming_sign import GamingSign
from complaints.models.incident import (
    Clue,
    Incident,
    IncidentMember,
    IncidentNotice,
    IncidentRun,
)
from complaints.models.invitation import Invitation
from complaints.models.ladder import (
    Digest,
    Ladder,
    Reached,
    RuleDraft,
    Rung,
    StandIn,
)
from complaints.models.own_file import OwnFile
from complaints.models.policy import OfficeHours, Policy, QuietHours
from complaints.models.prepared import Prepared
from complaints.models.published_month import MonthCorrection, PublishedMonth
from complaints.models.rating import Rating
from complaints.models.recheck import Recheck, Sample
from complaints.models.referral import Referral
from complaints.models.report_list import ReportJob, ReportList, ReportRow
from complaints.models.saved_view import SavedView
from complaints.models.selfcorrection import (
    Campaign,
    CampaignBatch,
    RuleSwitch,
    SelfCorrection,
)
from complaints.models.standard_text import StandardText
from complaints.models.submission import (
    Draft,
    Evidence,
    Joining,
    MailAddress,
    Submission,
)
from complaints.models.take_back import TakeBack
from complaints.models.unit_change import UnitChange, UnitChangeCase
from complaints.models.wording import Wording

__all__ = [
    "AccessSign",
    "Bulk",
    "BulkItem",
    "BulkRun",
    "Caveat",
    "Campaign",
    "CampaignBatch",
    "ReportJob",
    "ReportList",
    "ReportRow",
    "RuleSwitch",
    "Sample",
    "SelfCorrection",
    "Claim",
    "CampaignDate",
    "Complaint",
    "DataRequest",
    "Delegation",
    "Digest",
    "Draft",
    "Event",
    "Evidence",
    "Figure",
    "FigureReview",
    "Clue",
    "GamingSign",
    "Incident",
    "IncidentMember",
    "IncidentNotice",
    "IncidentRun",
    "Invitation",
    "Joining",
    "Ladder",
    "Lease",
    "MailAddress",
    "Measure",
    "Message",
    "MonthCorrection",
    "OfficeHours",
    "OwnFile",
    "Policy",
    "Prepared",
    "Presence",
    "QuietHours",
    "PublishedMonth",
    "Rating",
    "Reached",
    "Referral",
    "Replay",
    "Recheck",
    "RuleDraft",
    "Rung",
    "SavedView",
    "Skip",
    "StandIn",
    "StandardText",
    "SubtreeFigure",
    "Submission",
    "TakeBack",
    "UnitChange",
    "UnitChangeCase",
    "Watermark",
    "Wording",
]
