package sandbox

// knownTrustDomains are the accounts of cloud services that a public note lists, and the sandbox's own.
var knownTrustDomains = []string{
	domainName, dliTrustDomain, modelartsTrustDomain, "op_svc_dbss", "op_svc_obs", "op_svc_dlg", "op_svc_eps",
	"op_svc_rms", "op_svc_ecs", "op_svc_cce", "op_svc_cff", "op_svc_bigdata", "op_svc_usearch",
	"op_svc_LakeFormation", "op_svc_mrs",
}

func trustDomainID(name string) string {
	switch name {
	case "":
		return ""
	case domainName:
		return domainID
	}
	return derivedID("domain", name)
}

func trustDomainName(id string) string {
	for _, name := range knownTrustDomains {
		if trustDomainID(name) == id {
			return name
		}
	}
	return ""
}
