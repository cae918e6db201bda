package referee_test

import (
	dli "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dli/v1/model"
)

// The SDK and the documents call these three out of date; they are what a bootstrap calls.

func registerBucket(names ...string) call {
	return func(c sdk) (any, error) {
		//nolint:staticcheck // out of date
		return c.dli.RegisterBucket(&dli.RegisterBucketRequest{Body: &dli.RegisterBucketRequestBody{ObsBuckets: names}})
	}
}

func showDliAgency(c sdk) (any, error) {
	return c.dli.ShowDliAgency(&dli.ShowDliAgencyRequest{}) //nolint:staticcheck // out of date
}

func createDliAgency(roles ...string) call {
	return func(c sdk) (any, error) {
		//nolint:staticcheck // out of date
		return c.dli.CreateDliAgency(&dli.CreateDliAgencyRequest{Body: &dli.CreateDliAgencyRequestBody{Roles: roles}})
	}
}

var (
	badParameter  = refused(400, "DLI.0001", "Parameter check errors occur.")
	noObject      = refused(404, "DLI.0002", "The object does not exist.")
	registered    = `{"is_success": true, "message": "The following OBS bucket is authorized successfully, 1202."}`
	dliDone       = ok(200, `{"is_success": true, "message": ""}`)
	plainBoolean  = `"dli_is_success": "boolean"`
	rolesFromRead = `"dli": {"agency": {"roles": ["ief_adm", "vpc_netadm"]}}`
)

func dliRows() []row {
	return append(registerBucketRows(), dliAgencyRows()...)
}

// The SDK's is_success is a bool, and every edition of the page shows the text "true": the call works, and the SDK makes
// an error with status 200 of it. writ takes both.
func registerBucketRows() []row {
	op := func(r row) row {
		r.operation = "dli RegisterBucket"
		return r
	}
	const part = "dli.authorized_buckets"
	return []row{
		op(row{
			outcome: "authorises a bucket", variants: plainBoolean, call: registerBucket("1202"),
			want: ok(200, registered), part: part, then: `["1202"]`,
		}),
		op(row{
			outcome: "authorises a bucket, is_success a text", call: registerBucket("1202"),
			want: isBroken(200, "ReadBool: expect t or f"), part: part, then: `["1202"]`,
		}),
		op(row{
			outcome: "authorises it again", variants: plainBoolean, first: registerBucket("1202"), call: registerBucket("1202"),
			want: ok(200, registered), part: part, then: `["1202"]`,
		}),
		op(row{
			outcome: "authorises two", variants: plainBoolean, call: registerBucket("1202", "aosblueprints-example"),
			want: ok(200, `{"is_success": true,
				"message": "The following OBS bucket is authorized successfully, 1202,aosblueprints-example."}`),
			part: part, then: `["1202", "aosblueprints-example"]`,
		}),
		op(row{
			outcome: "DLI.0002: no such bucket, and then no other either", call: registerBucket("1202", "none"),
			want: refused(400, "DLI.0002", "There is no bucket named none"),
		}),
		op(row{outcome: "DLI.0001: an empty list", call: registerBucket([]string{}...), want: badParameter}),
		op(row{outcome: "DLI.0001: null", call: registerBucket(), want: badParameter}),
		op(row{
			outcome: "is_success false under 200", call: registerBucket("1202"),
			faults: []string{`{"do": "body", "body": {"is_success": false, "message": "no"}}`},
			want:   ok(200, `{"is_success": false, "message": "no"}`),
		}),
	}
}

func dliAgencyRows() []row {
	op := func(name string, r row) row {
		r.operation = "dli " + name
		return r
	}
	const part = "dli.agency.roles"
	return []row{
		op("ShowDliAgency", row{
			outcome: "shows roles, one of them that nobody may post", call: showDliAgency, here: rolesFromRead,
			want: ok(200, `{"is_success": true, "message": "", "version": "v2", "current_roles": ["ief_adm", "vpc_netadm"]}`),
		}),
		op("ShowDliAgency", row{outcome: "DLI.0002: never made", call: showDliAgency, want: noObject}),
		op("ShowDliAgency", row{
			outcome: "never made, and then without roles", call: showDliAgency, variants: `"dli_fresh": "empty"`,
			want: ok(200, `{"is_success": true, "message": "", "version": "v2", "current_roles": []}`),
		}),
		op("CreateDliAgency", row{
			outcome: "makes it", call: createDliAgency("obs_adm", "dis_adm"), want: dliDone, part: part, then: `["dis_adm", "obs_adm"]`,
		}),
		op("CreateDliAgency", row{
			outcome: "again", first: createDliAgency("obs_adm"), call: createDliAgency("obs_adm"),
			want: dliDone, part: part, then: `["obs_adm"]`,
		}),
		op("CreateDliAgency", row{
			outcome: "replaces all roles", here: rolesFromRead, call: createDliAgency("te_admin"),
			want: dliDone, part: part, then: `["te_admin"]`,
		}),
		op("CreateDliAgency", row{
			outcome: "takes old roles back, unknown ones included", here: rolesFromRead, call: createDliAgency("ief_adm", "vpc_netadm"),
			want: dliDone, part: part, then: `["ief_adm", "vpc_netadm"]`,
		}),
		op("CreateDliAgency", row{
			outcome: "takes all roles away", here: rolesFromRead, call: createDliAgency([]string{}...), want: dliDone, part: part, then: `[]`,
		}),
		op("CreateDliAgency", row{
			outcome: "DLI.0001: no such role", call: createDliAgency("root"),
			want: refused(400, "DLI.0001", "The role root is not supported."),
		}),
		op("CreateDliAgency", row{outcome: "DLI.0001: null", call: createDliAgency(), want: badParameter}),
		op("CreateDliAgency", row{
			outcome: "is_success false under 200", call: createDliAgency("obs_adm"),
			faults: []string{`{"do": "body", "body": {"is_success": false, "message": "no"}}`},
			want:   ok(200, `{"is_success": false, "message": "no"}`),
		}),
	}
}
