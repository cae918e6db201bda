package referee_test

import (
	dbss "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dbss/v1/model"
)

func listAuditObsBuckets(c sdk) (any, error) {
	return c.dbss.ListAuditObsBuckets(&dbss.ListAuditObsBucketsRequest{})
}

func dbssRows() []row {
	op := func(r row) row {
		r.operation, r.call = "dbss ListAuditObsBuckets", listAuditObsBuckets
		return r
	}
	denied := refused(403, "APIGW.0302", "The IAM user is not authorized to access the API").withEncoded("c2FuZGJveA==")
	detailed := denied
	detailed.details = 1
	return []row{
		op(row{
			outcome: "lists buckets",
			want: ok(200, `{"obs_list": [{"bucket_name": "1202", "location": "cn-north-7"},
				{"bucket_name": "aosblueprints-example", "location": "cn-north-7"}]}`),
		}),
		op(row{
			outcome: "lists buckets of other regions too",
			here:    `"dbss": {"obs_buckets": [{"bucket_name": "far", "location": "eu-de"}]}`,
			want:    ok(200, `{"obs_list": [{"bucket_name": "far", "location": "eu-de"}]}`),
		}),
		op(row{outcome: "lists none", here: `"mpc": {}`, want: ok(200, `{"obs_list": []}`)}),
		op(row{
			outcome: "DBSS.10000001", faults: []string{`{"do": "status", "status": 400}`},
			want: refused(400, "DBSS.10000001", "Enter a valid request message"),
		}),
		op(row{
			outcome: "DBSS.10000001, nested", variants: `"dbss_error": "nested"`, faults: []string{`{"do": "status", "status": 400}`},
			want: refused(400, "DBSS.10000001", "Enter a valid request message"),
		}),
		op(row{
			outcome: "DBSS.11000000, nested", variants: `"dbss_error": "nested"`, faults: []string{`{"do": "status"}`},
			want: refused(500, "DBSS.11000000", "Internal system exception. Contact technical support engineers"),
		}),
		op(row{
			outcome: "denied by a policy, nested", variants: `"dbss_error": "nested"`, faults: []string{`{"do": "status", "status": 403}`},
			want: denied,
		}),
		op(row{
			outcome: "denied by a policy, with details", variants: `"dbss_error": "details"`, faults: []string{`{"do": "status", "status": 403}`},
			want: detailed,
		}),
	}
}
