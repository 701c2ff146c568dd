"""UAC, the local security authority, credential guard, LAPS, AutoPlay, PowerShell and the screen lock.

All of it settings of the registry: see ``windows_setting.py`` for None and NOT_SET. Credential guard and HVCI as
Win32_DeviceGuard says they run.
"""

from dataclasses import dataclass

from inventory.facts.windows_setting import NOT_SET


@dataclass(frozen=True, slots=True)
class WindowsUac:
    enabled: int | None  # EnableLUA; NOT_SET means 1
    admin_prompt: int | None  # ConsentPromptBehaviorAdmin: 0 elevate without asking, 2 on secure desktop, 5 default
    user_prompt: int | None  # ConsentPromptBehaviorUser: 0 refuse, 1 secure desktop, 3 default
    secure_desktop: int | None  # PromptOnSecureDesktop; NOT_SET means 1
    filter_administrator: int | None  # FilterAdministratorToken: 1 also the built-in one is asked
    remote_filter_off: int | None  # LocalAccountTokenFilterPolicy: 1 local administrators are not filtered remotely
    installer_detection: int | None
    always_install_elevated: int | None  # AlwaysInstallElevated of the machine: 1

    @property
    def enabled_in_force(self) -> int | None:
        return 1 if self.enabled == NOT_SET else self.enabled

    @property
    def admin_prompt_in_force(self) -> int | None:
        return 5 if self.admin_prompt == NOT_SET else self.admin_prompt


@dataclass(frozen=True, slots=True)
class WindowsLsa:
    run_as_ppl: int | None  # RunAsPPL: 1 with UEFI lock, 2 without; NOT_SET
    wdigest: int | None  # UseLogonCredential: 1 keeps passwords in memory; NOT_SET means 0 from Windows 8.1 on
    restrict_anonymous: int | None
    restrict_anonymous_sam: int | None  # NOT_SET means 1
    everyone_includes_anonymous: int | None  # NOT_SET means 0
    restrict_remote_sam: str | None  # SDDL; "" not set: the default of the version
    cached_logons: int | None  # CachedLogonsCount; NOT_SET means 10
    limit_blank_passwords: int | None  # LimitBlankPasswordUse; NOT_SET means 1
    disable_domain_credentials: int | None
    auto_admin_logon: int | None  # AutoAdminLogon
    auto_logon_password: bool | None  # a DefaultPassword stands in Winlogon (its text is never read out)
    vbs_status: int | None  # VirtualizationBasedSecurityStatus: 0 off, 1 enabled, 2 running
    credential_guard_running: bool | None
    hvci_running: bool | None
    credential_guard_configured: bool | None
    run_as_ppl_policy: int | None = None  # RunAsPPL by group policy, which wins: 0 off, 1 and 2 as above; NOT_SET


@dataclass(frozen=True, slots=True)
class WindowsLaps:
    """Windows LAPS (policy CSP, group policy or local) and the older one that Microsoft withdrew (AdmPwd)."""

    backup_directory: int | None  # BackupDirectory: 0 off, 1 Entra ID, 2 Active Directory; NOT_SET
    backup_source: str  # csp, group policy, local, "" none
    legacy_enabled: int | None  # AdmPwdEnabled
    legacy_installed: bool | None  # its client-side extension
    password_age_days: int | None  # PasswordAgeDays of the policy in force; NOT_SET means 30
    managed_account: str | None  # AdministratorAccountName; "" the built-in one

    @property
    def active(self) -> bool | None:
        """Some LAPS keeps this machine's administrator password. None: could not be read."""
        if self.backup_directory in (1, 2) or (self.legacy_enabled == 1 and self.legacy_installed):
            return True
        return None if None in (self.backup_directory, self.legacy_enabled, self.legacy_installed) else False


@dataclass(frozen=True, slots=True)
class WindowsAutoplay:
    no_drive_type_autorun: int | None  # NoDriveTypeAutoRun, bits: 255 all drives; NOT_SET means 145
    no_autorun: int | None  # NoAutorun: 1 no autorun commands
    no_autoplay_non_volume: int | None  # NoAutoplayfornonVolume

    @property
    def drives_off(self) -> int | None:
        """The bits in force: kinds of drives that start nothing by themselves."""
        return 145 if self.no_drive_type_autorun == NOT_SET else self.no_drive_type_autorun


@dataclass(frozen=True, slots=True)
class WindowsPowershell:
    version_2: str  # of the feature MicrosoftWindowsPowerShellV2Root: enabled, disabled, absent, unknown
    script_block_logging: int | None  # EnableScriptBlockLogging
    module_logging: int | None  # EnableModuleLogging
    transcription: int | None  # EnableTranscripting
    execution_policy: str | None  # of the machine, policy first: RemoteSigned, AllSigned, Unrestricted, ...; "" not set


@dataclass(frozen=True, slots=True)
class WindowsUserScreen:
    user: str  # SID
    active: int | None  # ScreenSaveActive
    secure: int | None  # ScreenSaverIsSecure
    timeout_seconds: int | None  # ScreenSaveTimeOut
    by_policy: bool


@dataclass(frozen=True, slots=True)
class WindowsScreen:
    inactivity_seconds: int | None  # InactivityTimeoutSecs of the machine; 0 and NOT_SET: no limit
    mdm_inactivity_minutes: int | None  # MaxInactivityTimeDeviceLock
    users: tuple[WindowsUserScreen, ...]  # of profiles that were loaded
    lock_on_resume: int | None  # ACSettingIndex of "require a password on wakeup": 1
    hide_last_user: int | None  # DontDisplayLastUserName
