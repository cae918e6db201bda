// Package referee_test holds writ against the official Go SDKs, which nobody here wrote: their typed clients call the
// sandbox, and what they put on the wire is compared with what writ puts there. The sandbox and writ's client were
// written from the same documents and could be wrong together; the SDKs were not. It knows no plans and no engine.
//
//	summary_test.go    the SDK calls the sandbox: every operation, every outcome, and how many
//	row_test.go        what a row of that table is and how it is run; judge_test.go, whether it came out as it says
//	gateway_test.go    the outcomes that any operation can have: keys, tokens, projects, faults; code_test.go, all codes
//	dbss_test.go …     the outcomes of one service's operations, as its documents give them
//	variants_test.go   what the documents leave open is tried in each way
//	twins_test.go      writ and the SDK make the same calls to a recorder, which compares them; twin_… are the table
//	calls_test.go      which calls writ can make, so that none goes uncompared
//
// The SDK has habits of its own, which no service asks for; each stands as a comment where a test meets it. It also takes
// no context: its calls end by its own time-out of two minutes, and no test here waits for one.
package referee_test
