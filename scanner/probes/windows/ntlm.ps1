$lsa = 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa'
@{
    registry = Read-Settings @{
        LmCompatibilityLevel = "$lsa|LmCompatibilityLevel"
        NoLMHash = "$lsa|NoLMHash"
        NtlmMinClientSec = "$lsa\MSV1_0|NtlmMinClientSec"
        NtlmMinServerSec = "$lsa\MSV1_0|NtlmMinServerSec"
        RestrictSendingNTLMTraffic = "$lsa\MSV1_0|RestrictSendingNTLMTraffic"
        RestrictReceivingNTLMTraffic = "$lsa\MSV1_0|RestrictReceivingNTLMTraffic"
        AuditReceivingNTLMTraffic = "$lsa\MSV1_0|AuditReceivingNTLMTraffic"
    }
}
