"""UAC, the local security authority, LAPS, AutoPlay, PowerShell and the screen lock."""

from inventory.facts.windows_protection import (
    WindowsAutoplay,
    WindowsLaps,
    WindowsLsa,
    WindowsPowershell,
    WindowsScreen,
    WindowsUac,
    WindowsUserScreen,
)
from inventory.facts.windows_setting import NOT_SET
from scanner.probes.windows.reading import Data, chosen, each, first
from scanner.probes.windows.section import probe

_FEATURE_STATES = {1: "enabled", 2: "disabled", 3: "absent"}
_CREDENTIAL_GUARD, _HVCI = 1, 2  # Win32_DeviceGuard.SecurityServicesRunning
# Windows LAPS reads its policy from the first of these that has BackupDirectory
_LAPS_PLACES = (("csp", "csp"), ("gpo", "group policy"), ("local", "local"))


def read_uac(data: Data) -> WindowsUac:
    registry = data.settings("registry")
    return WindowsUac(
        enabled=registry.setting("EnableLUA", most=1),
        admin_prompt=registry.setting("ConsentPromptBehaviorAdmin", most=5),
        user_prompt=registry.setting("ConsentPromptBehaviorUser"),
        secure_desktop=registry.setting("PromptOnSecureDesktop"),
        filter_administrator=registry.setting("FilterAdministratorToken"),
        remote_filter_off=registry.setting("LocalAccountTokenFilterPolicy"),
        installer_detection=registry.setting("EnableInstallerDetection"),
        always_install_elevated=registry.setting("AlwaysInstallElevated", most=1),
    )


def read_lsa(data: Data) -> WindowsLsa:
    registry, guard = data.settings("registry"), data.part("guard")
    running, configured = guard.numbers("SecurityServicesRunning"), guard.numbers("SecurityServicesConfigured")
    return WindowsLsa(
        run_as_ppl=registry.setting("RunAsPPL"),
        wdigest=registry.setting("UseLogonCredential"),
        restrict_anonymous=registry.setting("RestrictAnonymous"),
        restrict_anonymous_sam=registry.setting("RestrictAnonymousSAM"),
        everyone_includes_anonymous=registry.setting("EveryoneIncludesAnonymous"),
        restrict_remote_sam=registry.setting_text("RestrictRemoteSAM"),
        cached_logons=registry.setting("CachedLogonsCount"),
        limit_blank_passwords=registry.setting("LimitBlankPasswordUse"),
        disable_domain_credentials=registry.setting("DisableDomainCreds"),
        auto_admin_logon=registry.setting("AutoAdminLogon"),
        auto_logon_password=data.flag("password"),
        vbs_status=guard.number("VirtualizationBasedSecurityStatus"),
        credential_guard_running=None if running is None else _CREDENTIAL_GUARD in running,
        hvci_running=None if running is None else _HVCI in running,
        credential_guard_configured=None if configured is None else _CREDENTIAL_GUARD in configured,
        run_as_ppl_policy=registry.setting("PolicyRunAsPPL"),
    )


def read_laps(data: Data) -> WindowsLaps:
    registry = data.part("registry")
    directory, place, source = _laps_place(registry)
    extension = registry.setting_text("extension")
    return WindowsLaps(
        backup_directory=directory,
        backup_source=source,
        legacy_enabled=registry.setting("old_AdmPwdEnabled"),
        legacy_installed=None if extension is None else bool(extension),
        password_age_days=registry.setting(f"{place}_PasswordAgeDays"),
        managed_account=registry.setting_text(
            f"{place}_{'AdminAccountName' if place == 'old' else 'AdministratorAccountName'}"
        ),
    )


def _laps_place(registry: Data) -> tuple[int | None, str, str]:
    """``BackupDirectory``, where it stands and what that place is called; of the older LAPS where it is not set."""
    for place, source in _LAPS_PLACES:
        directory = registry.setting(f"{place}_BackupDirectory")
        if directory != NOT_SET:
            return directory, place, source if directory is not None else ""
    return NOT_SET, "old", ""


def read_autoplay(data: Data) -> WindowsAutoplay:
    registry = data.part("registry")
    return WindowsAutoplay(
        no_drive_type_autorun=registry.setting("NoDriveTypeAutoRun"),
        no_autorun=registry.setting("NoAutorun"),
        no_autoplay_non_volume=registry.setting("NoAutoplayfornonVolume"),
    )


def read_powershell(data: Data) -> WindowsPowershell:
    registry, features = data.part("registry"), data.rows("version2")
    states = [chosen(row.number("InstallState"), _FEATURE_STATES) for row in each(features)]
    version_2 = "enabled" if "enabled" in states else states[0] if states else "absent"
    by_policy = registry.setting_text("PolicyExecution")
    return WindowsPowershell(
        version_2="unknown" if features is None else version_2,
        script_block_logging=registry.setting("EnableScriptBlockLogging"),
        module_logging=registry.setting("EnableModuleLogging"),
        transcription=registry.setting("EnableTranscripting"),
        execution_policy=None if by_policy is None else by_policy or registry.setting_text("ExecutionPolicy"),
    )


def read_screen(data: Data) -> WindowsScreen:
    registry = data.part("registry")
    return WindowsScreen(
        inactivity_seconds=registry.setting("InactivityTimeoutSecs"),
        mdm_inactivity_minutes=registry.setting("MaxInactivityTimeDeviceLock"),
        users=tuple(map(_user, data.needed_rows("users"))),
        lock_on_resume=registry.setting("LockOnResume"),
        hide_last_user=registry.setting("DontDisplayLastUserName"),
    )


def _user(row: Data) -> WindowsUserScreen:
    names = ("active", "secure", "timeout")
    ruled = [row.setting(f"policy_{name}") for name in names]
    own = [row.setting(name) for name in names]
    active, secure, timeout = (first(*both) for both in zip(ruled, own, strict=True))
    return WindowsUserScreen(
        user=row.word("user"),
        active=active,
        secure=secure,
        timeout_seconds=timeout,
        by_policy=any(setting not in (None, NOT_SET) for setting in ruled),
    )


UAC = probe("uac", read_uac)
LSA = probe("lsa", read_lsa)
LAPS = probe("laps", read_laps)
AUTOPLAY = probe("autoplay", read_autoplay)
POWERSHELL = probe("powershell", read_powershell)
SCREEN = probe("screen", read_screen)
