"""Which words in a header name another part of the body than the chest.

A word never admits a film: the network's own gate looks at the picture afterwards. So what says nothing, and
what this list does not know, passes; what is named as another part does not.
"""

import re
import unicodedata
from itertools import pairwise
from typing import Final

from diagnosis.imaging.refusal import FilmRefused, Refusal

# Words for the chest and what is in it, as machines in several countries write them.
_CHEST_WORDS: Final = """
    CHEST THORAX THORAXE THORACIC TORAX TORACE TORACICO TORAKS THX CXR LUNG LUNGS LUNGE LUNGEN PULMON
    PULMONES PULMONARY POUMON POUMONS POLMONE POLMONI RIB RIBS RIBCAGE RIPPE RIPPEN COSTILLA COSTILLAS
    COTE COTES COSTE COSTOLE STERNUM BRUST BRUSTKORB HEART HERZ CORAZON COEUR CUORE CARDIAC MEDIASTINUM
    PLEURA HEMITHORAX BRONCHUS TRACHEA CLAVICLE KLATKA KLATKI BORST BORSTKAS THORAXPA THORAXAP CHESTPA
    CHESTAP CHESTLAT GOGUS THORACOABDOMINAL CHESTABDOMEN CHESTABDPELVIS BRONCHI PECHO PEITO
"""

# The other parts of DICOM's own list (PS3.16 Annex L) that films are taken of, and what people call them.
_OTHER_WORDS: Final = """
    ABDOMEN ABDOMINAL ABD KUB BAUCH VENTRE ADDOME PELVIS PELVIC BECKEN BASSIN BACINO HIP HUFTE HUEFTE
    HANCHE CADERA ANCA SACRUM COCCYX SIJOINT SIJ SKULL HEAD SCHADEL SCHAEDEL CRANE CRANEO CRANIO CRANIUM
    KOPF BRAIN FACE SINUS SINUSES PNS ORBIT ORBITS EYE NOSE JAW MANDIBLE MAXILLA TMJ TEETH TOOTH DENTAL
    ZYGOMA MASTOID EAR NECK HALS CUELLO COLLO COU LARYNX THYROID CSPINE TSPINE LSPINE SSPINE SPINE
    CTSPINE TLSPINE LSSPINE WIRBELSAULE WS HWS BWS LWS COLUMNA RACHIS COLONNA LUMBAR CERVICAL VERTEBRA
    SHOULDER SCHULTER EPAULE HOMBRO SPALLA SCAPULA ACJOINT ARM HUMERUS UPPERARM ELBOW ELLENBOGEN COUDE
    CODO GOMITO FOREARM UNTERARM RADIUS ULNA WRIST HANDGELENK POIGNET MUNECA POLSO HAND MAIN MANO FINGER
    FINGERS THUMB DIGIT EXTREMITY EXTREMITIES LEG LEGS BEIN JAMBE PIERNA GAMBA THIGH FEMUR OBERSCHENKEL
    KNEE KNIE GENOU RODILLA GINOCCHIO PATELLA LOWERLEG TIBIA FIBULA UNTERSCHENKEL CALF ANKLE
    SPRUNGGELENK CHEVILLE TOBILLO CAVIGLIA FOOT FUSS PIED PIE PIEDE HEEL CALCANEUS TOE TOES TARSUS
    HINDLEG BREAST MAMMA BRUSTDRUSE KIDNEY KIDNEYS BLADDER URETER LIVER GALLBLADDER STOMACH COLON BOWEL
    ESOPHAGUS OESOPHAGUS UTERUS PROSTATE
"""

_CHEST: Final = frozenset(_CHEST_WORDS.split())
_OTHER: Final = frozenset(_OTHER_WORDS.split())
_CHEST_CODES: Final = frozenset(
    {
        "51185008", "T-D3000", "816094009", "39607008", "T-28000", "67734004", "78904004", "113197003",
        "T-11300", "56873002", "T-11210", "43799004", "72410000", "T-D2000", "416550000", "113257007",
        "80891009", "T-32000", "416775004",
    }
)  # fmt: skip
# SNOMED's codes, with the SRT ones before them, of the parts that films are most often taken of.
_OTHER_CODES: Final = frozenset(
    {
        "818981001", "T-D4000", "113345001", "12921003", "T-D6000", "29836001", "T-15710", "24136001",
        "69536005", "T-D1100", "774007", "T-D1000", "45048000", "T-D1600", "122494005", "T-11501",
        "122495006", "T-11502", "122496007", "T-11503", "421060004", "T-D0146", "16982005", "T-D2220",
        "127949000", "T-D8300", "40983000", "T-D8200", "85050009", "T-12410", "14975008", "T-D8500",
        "8205005", "T-D8600", "85562004", "T-D8700", "7569003", "T-D8800", "71341001", "T-12710",
        "72696002", "T-D9200", "30021000", "T-D9400", "70258002", "T-15750", "56459004", "T-D9700",
        "29707007", "T-D9800", "76752008", "T-04000", "66019005", "T-D0300", "61685007", "T-D9000",
        "53120007", "T-D8000",
    }
)  # fmt: skip


def check_body_part(body_part: str, region_code: str = "", region: str = "") -> None:
    """Raise FilmRefused if a header names another part of the body, by word or by its region's code."""
    told = f"{body_part} {region}"
    if region_code in _CHEST_CODES or _names(told, _CHEST):
        return
    named = body_part or region or region_code
    if region_code in _OTHER_CODES or _names(told, _OTHER):
        raise FilmRefused(
            Refusal.OTHER_BODY_PART,
            f"The film shows another part of the body, by its own word: {named[:64]}.",
            "Send chest films only. If it is one, correct the body part at the X-ray system and send it "
            "again.",
        )


def _names(text: str, listed: frozenset[str]) -> bool:
    plain = unicodedata.normalize("NFKD", text.upper())
    words = re.findall(r"[A-Z]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    pairs = [first + second for first, second in pairwise(words)]
    return any(word in listed for word in [*words, *pairs])
