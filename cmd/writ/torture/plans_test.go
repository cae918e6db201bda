package torture

import "fmt"

const (
	alice = "a11ce000000000000000000000000001"
	bob   = "b0b00000000000000000000000000002"
	carol = "ca401000000000000000000000000003"
)

// onboarding touches what a project's bootstrap does: switches, sets, rows of users and of everybody, and an agency. Its timeout is what a rollback waits by for calls that act late.
const onboarding = `version: 1
name: onboarding
defaults: {timeout: 1s, retry: {max: 5, backoff: 200ms}}
steps:
  - {id: buckets, uses: dbss.obs_buckets}
  - {id: mpc, uses: mpc.agency, with: {operate_type: CREATED}}
  - id: media
    uses: mpc.bucket_authorization
    for_each: [media-1, media-2]
    with: {bucket: "${{ each.key }}", operation: "1"}
  - {id: archive, uses: mpc.bucket_authorization, with: {bucket: archive, operation: "0"}}
  - {id: roles, uses: dli.agency, with: {roles: [obs_adm, te_admin]}}
  - {id: ours, uses: modelarts.agency, with: {agency_name_suffix: ours}}
  - {id: alice, uses: modelarts.authorization, with: {user_id: ` + alice + `, content: "${{ steps.ours.outputs.agency_name }}"}}
  - {id: bob, uses: modelarts.authorization, with: {user_id: ` + bob + `, content: "${{ steps.ours.outputs.agency_name }}"}}
  - {id: everybody, uses: modelarts.authorization, with: {user_id: all-users, content: ma_agency_ours}, needs: [alice, bob]}
`

// granting ends with what cannot be undone.
const granting = onboarding + `  - id: grant
    uses: dli.obs_authorization
    irreversible: accept
    with: {obs_buckets: "${{ steps.buckets.outputs.obs_list.map(b, b.bucket_name) }}"}
`

// refused ends with what the cloud turns away, so that the run puts itself back: MPC takes no encrypted bucket.
const refused = onboarding + `  - {id: vault, uses: mpc.bucket_authorization, with: {bucket: vault, operation: "1"}, needs: [everybody, roles, mpc, archive, media]}
`

// trusting is added to a plan. IAM may show for two minutes what stood before an agency was made, and so a rollback looks
// for that long for one whose answer was lost: not every world has the time.
const trusting = `  - {id: agency, uses: iam.agency, with: {name: jobs, trust_domain_name: op_svc_uquery, description: jobs}}
  - {id: role, uses: iam.agency_role, with: {agency_id: "${{ steps.agency.outputs.id }}", display_name: OBS OperateAccess}}
`

// single is one switch, and slow to give up.
func single(timeout string) string {
	return `version: 1
name: single
defaults: {timeout: ` + timeout + `, retry: {max: 5, backoff: 20s}}
steps:
  - {id: mpc, uses: mpc.agency, with: {operate_type: CREATED}}
`
}

// clouds are what the plans may find: nothing, what others have done, all but a little of what they ask for.
func clouds() []string {
	const buckets = `"dbss": {"obs_buckets": [{"bucket_name": "media-1", "location": "cn-north-7"}, {"bucket_name": "archive", "location": "cn-north-7"}]}`
	project := func(mpc, first, last, archive, dli, rows string) string {
		return fmt.Sprintf(`{"projects": {"5a9db0c5000000000000000000000001": {"region": "cn-north-7", %s,
			"mpc": {"agency": %s, "buckets": [{"bucket": "media-1", "is_authorized": %s}, {"bucket": "media-2", "is_authorized": %s},
				{"bucket": "archive", "is_authorized": %s}, {"bucket": "vault", "is_authorized": 0, "kms": true}]},
			"dli": {"agency": %s, "authorized_buckets": []}, "modelarts": {"authorizations": [%s], "agencies": []}}},
			"iam": {"users": [{"id": "%s", "name": "alice"}, {"id": "%s", "name": "bob"}, {"id": "%s", "name": "carol"}], "agencies": [], "roles": []}}`,
			buckets, mpc, first, last, archive, dli, rows, alice, bob, carol)
	}
	row := func(id, content string) string {
		return fmt.Sprintf(`{"user_id": "%s", "type": "agency", "content": "%s"}`, id, content)
	}
	return []string{
		project("null", "0", "0", "1", "null", ""),
		project(`"CANCELED"`, "0", "1", "1", `{"roles": ["vpc_netadm"], "version": "v2"}`, row(bob, "theirs")+","+row(carol, "theirs")),
		project(`"CREATED"`, "1", "0", "0", `{"roles": ["obs_adm"], "version": "v2"}`, row(alice, "theirs")+","+row("all-users", "theirs")),
	}
}
