"""What the letters about accounts say, by name and version: those that a library sends, and our own."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from cauce.base.texts import Text, When

_NEVER_ASKS = gettext_noop("Cauce nunca pide tu contraseña por correo ni por teléfono.")
_DONE_FROM = gettext_noop(
    "Se hizo el %(timestamp)s desde la dirección %(ip)s, con %(user_agent)s. Si no fuiste tú, pide una contraseña nueva "
    "ahora mismo y quita las llaves que no conozcas."
)
_NOT_YOU = gettext_noop("Si no fuiste tú, no hagas nada: tu contraseña sigue igual.")


def _text(code: str, purpose: str | Promise, title: str, *body: str | When, version: int = 1) -> Text:
    return Text(f"accounts.{code}", version, purpose, title, (*body, _NEVER_ASKS))


def _done(code: str, purpose: str | Promise, title: str, *body: str, version: int = 1) -> Text:
    """A text that tells the owner what was just done with the account, and from where."""
    return _text(code, purpose, title, *body, _DONE_FROM, version=version)


CONFIRM = _text(
    "email_confirmation",
    _("Enlace para confirmar un correo"),
    gettext_noop("Confirma tu correo en Cauce"),
    gettext_noop("Para confirmar que este correo es tuyo, abre este enlace:"),
    "%(activate_url)s",
    When(
        "folio",
        gettext_noop(
            "Tu folio temporal es %(folio)s. Vale desde que confirmes y te identifica mientras no tengas CURP."
        ),
    ),
    gettext_noop(
        "Si no pediste una cuenta en Cauce, no hagas nada: sin este paso el correo no queda en ninguna."
    ),
)
PASSWORD_CHANGED = _done(
    "password_changed",
    _("Aviso de que cambió la contraseña"),
    gettext_noop("Tu contraseña cambió"),
    gettext_noop("La contraseña de tu cuenta cambió."),
)
# What the library calls each of its mails.
OF_LIBRARY: dict[str, Text] = {
    "account/email/email_confirmation": CONFIRM,
    "account/email/email_confirmation_signup": CONFIRM,
    "account/email/account_already_exists": _text(
        "account_already_exists",
        _("A quien quiso abrir otra cuenta con el mismo correo"),
        gettext_noop("Este correo ya tiene cuenta en Cauce"),
        gettext_noop(
            "Alguien, quizá tú, quiso crear una cuenta con %(email)s, pero ese correo ya tiene una. Si olvidaste la "
            "contraseña, pon otra aquí:"
        ),
        "%(password_reset_url)s",
        gettext_noop("Si no fuiste tú, no hagas nada: tu cuenta sigue igual."),
    ),
    "account/email/document_already_registered": _text(
        "document_already_registered",
        _("A quien quiso registrarse con un documento que ya tiene registro"),
        gettext_noop("Ese documento ya tiene registro en Cauce"),
        gettext_noop(
            "Alguien, quizá tú, quiso crear una cuenta con %(email)s y con un documento de identidad que ya tiene "
            "registro. No se creó otra: cada persona tiene una."
        ),
        gettext_noop("Si el documento es tuyo, entra con el correo que diste entonces:"),
        "%(login_url)s",
        gettext_noop("Si olvidaste la contraseña, pon otra aquí:"),
        "%(password_reset_url)s",
        gettext_noop(
            "Si una institución te inscribió en papel, pídele a ella tu acceso. Si escribiste mal el número, regístrate "
            "otra vez. Y si no fuiste tú, no hagas nada."
        ),
    ),
    "account/email/unknown_account": _text(
        "unknown_account",
        _("A quien pidió una contraseña para un correo sin cuenta"),
        gettext_noop("No hay una cuenta con este correo"),
        gettext_noop(
            "Alguien, quizá tú, pidió una contraseña nueva para %(email)s, pero no hay ninguna cuenta con ese correo. "
            "Puede que te registraras con otro."
        ),
        gettext_noop("Si todavía no tienes cuenta, créala aquí:"),
        "%(signup_url)s",
        gettext_noop("Si no fuiste tú, no hagas nada."),
    ),
    "account/email/password_reset_key": _text(
        "password_reset_key",
        _("Enlace para poner una contraseña nueva"),
        gettext_noop("Tu contraseña nueva en Cauce"),
        gettext_noop(
            "Alguien, quizá tú, pidió una contraseña nueva para esta cuenta. Para ponerla, abre este enlace; sirve una "
            "sola vez:"
        ),
        "%(password_reset_url)s",
        _NOT_YOU,
    ),
    "account/email/password_reset": PASSWORD_CHANGED,
    "account/email/password_changed": PASSWORD_CHANGED,
    "account/email/password_set": _done(
        "password_set",
        _("Aviso de que la cuenta ya tiene contraseña"),
        gettext_noop("Tu cuenta ya tiene contraseña"),
        gettext_noop("Tu cuenta ya tiene contraseña."),
    ),
    "account/email/email_confirm": _done(
        "email_confirm",
        _("Aviso de que se confirmó un correo"),
        gettext_noop("Se confirmó un correo de tu cuenta"),
        gettext_noop("Se confirmó un correo de tu cuenta."),
    ),
    "account/email/email_changed": _done(
        "email_changed",
        _("Aviso de que cambió el correo de la cuenta"),
        gettext_noop("Cambió el correo de tu cuenta"),
        gettext_noop("El correo de tu cuenta pasó de %(from_email)s a %(to_email)s."),
    ),
    "account/email/email_deleted": _done(
        "email_deleted",
        _("Aviso de que se quitó un correo"),
        gettext_noop("Se quitó un correo de tu cuenta"),
        gettext_noop("Se quitó de tu cuenta el correo %(deleted_email)s."),
    ),
    "mfa/email/recovery_codes_generated": _done(
        "recovery_codes_generated",
        _("Aviso de códigos de respaldo nuevos"),
        gettext_noop("Códigos de respaldo nuevos"),
        gettext_noop("Se hicieron códigos de respaldo nuevos; los anteriores ya no sirven."),
    ),
    "mfa/email/totp_activated": _done(
        "totp_activated",
        _("Aviso de que la cuenta pide códigos"),
        gettext_noop("Se activó una aplicación de códigos"),
        gettext_noop("Tu cuenta pide ahora el código de una aplicación."),
    ),
    "mfa/email/totp_deactivated": _done(
        "totp_deactivated",
        _("Aviso de que la cuenta ya no pide códigos"),
        gettext_noop("Se dejó de usar la aplicación de códigos"),
        gettext_noop("Tu cuenta ya no pide el código de una aplicación."),
    ),
    "mfa/email/webauthn_added": _done(
        "webauthn_added",
        _("Aviso de una llave nueva"),
        gettext_noop("Hay una llave nueva en tu cuenta"),
        gettext_noop("Se agregó una llave a tu cuenta."),
    ),
    "mfa/email/webauthn_removed": _done(
        "webauthn_removed",
        _("Aviso de que se quitó una llave"),
        gettext_noop("Se quitó una llave de tu cuenta"),
        gettext_noop("Se quitó una llave de tu cuenta."),
    ),
}
CURP_LINKED = _text(
    "curp_linked",
    _("A quien añadió su CURP a su cuenta"),
    gettext_noop("Tu CURP ya está en tu cuenta de Cauce"),
    gettext_noop(
        "Añadiste a tu cuenta la CURP que termina así: %(curp)s. Desde hoy te identifica ella; tu folio temporal queda "
        "en tu historia y lo que ya enviaste con él no cambia."
    ),
    gettext_noop(
        "Si no fuiste tú, cambia tu contraseña y escribe a la persona de contacto de tu convocatoria."
    ),
)
DATA_ASKED = _text(
    "data_request_asked",
    _("Acuse de una solicitud sobre datos personales"),
    gettext_noop("Recibimos tu solicitud %(folio)s"),
    gettext_noop(
        "Derecho: %(right)s. Folio: %(folio)s. El último día para responderte es el %(due)s. Puedes ver cómo va, o "
        "retirarla, en Mis datos."
    ),
)
DATA_ANSWERED = _text(
    "data_request_answered",
    _("Respuesta a una solicitud sobre datos personales"),
    gettext_noop("Respuesta a tu solicitud %(folio)s"),
    When(
        "is_granted",
        gettext_noop("Tu solicitud procede. El último día para cumplirla es el %(effect_due)s."),
    ),
    When("is_refused", gettext_noop("Tu solicitud no procede.")),
    When(
        "is_refused",
        gettext_noop("Si no estás de acuerdo, puedes acudir a la Secretaría Anticorrupción y Buen Gobierno."),
    ),
    "%(answer)s",
)
DATA_EXTENDED = _text(
    "data_request_extended",
    _("Ampliación del plazo de una solicitud sobre datos personales"),
    gettext_noop("Tu solicitud %(folio)s tardará más"),
    gettext_noop("El nuevo último día para responderte es el %(due)s. No se puede ampliar otra vez."),
    "%(reason)s",
)
DATA_DONE = _text(
    "data_request_done",
    _("Cumplimiento de una solicitud sobre datos personales"),
    gettext_noop("Tu solicitud %(folio)s está cumplida"),
    When(
        "is_cancellation",
        gettext_noop(
            "Se borró lo que nada obliga a conservar y tu cuenta se cerró. Si enviaste una solicitud a una convocatoria, "
            "tu nombre y tu CURP quedan con ella. Esta es la última carta que te enviamos."
        ),
    ),
    When("is_other", gettext_noop("Lo que pediste está hecho. Si algo falta, escríbenos con tu folio.")),
)
RECOVERY_ASKED = _text(
    "recovery_asked",
    _("Al correo anterior, cuando alguien pide recuperar la cuenta"),
    gettext_noop("¿Pediste cambiar el correo de tu cuenta?"),
    gettext_noop(
        "Alguien pidió que tu cuenta de Cauce use otro correo y mostró una identificación. Si fuiste tú, no hagas nada. "
        "Si no fuiste tú, detenlo antes del %(until)s con este enlace:"
    ),
    "%(stop_url)s",
)
RECOVERY_DONE = _text(
    "recovery_done",
    _("Al correo anterior, cuando la cuenta ya usa otro"),
    gettext_noop("Tu cuenta ya usa otro correo"),
    gettext_noop(
        "Se cambió el correo de tu cuenta de Cauce y se cerraron sus sesiones. Esta es la última carta a este correo. "
        "Si no lo pediste, escribe hoy a la persona de contacto de tu convocatoria."
    ),
)
RECOVERY_READY = _text(
    "recovery_ready",
    _("Al correo nuevo de una cuenta recuperada"),
    gettext_noop("Ya puedes entrar con este correo"),
    gettext_noop("Revisamos tu identificación y tu cuenta usa ahora este correo. Elige una contraseña aquí:"),
    "%(reset_url)s",
)
LETTERS = (
    *{text.code: text for text in OF_LIBRARY.values()}.values(), CURP_LINKED, DATA_ASKED, DATA_ANSWERED, DATA_EXTENDED, DATA_DONE,
    RECOVERY_ASKED, RECOVERY_DONE, RECOVERY_READY,
)  # fmt: skip
