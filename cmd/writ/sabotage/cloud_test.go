package sabotage

// cloudBugs are about requests, answers, and credentials.
var cloudBugs = []bug{
	{
		name: "redirects-are-followed", by: "TestRedirectsAreNotFollowed",
		edit: edit{"steps/cloud/answer.go", `	resp, err := transport.RoundTrip(req.`, `	resp, err := (&http.Client{Transport: transport}).Do(req.`},
	},
	{
		name: "the-transport-sends-writes-again", by: "TestWritesAreNotSentAgainOnADroppedConnection",
		edit: edit{"steps/cloud/request.go", `	req.GetBody = nil // so that nobody can send it again
`, ``},
		also: []edit{
			{"steps/cloud/request.go", `	req.Header = d.header.Clone()
`, `	req.Header = d.header.Clone()
	req.Header.Set("Idempotency-Key", d.url)
`},
		},
	},
	{
		name: "a-refused-token-is-tried-once-more", by: "TestACallIsNotSentAThirdTime",
		edit: edit{"steps/cloud/call.go", `		err = c.once(ctx, call, d, fresh)
`, `		if err = c.once(ctx, call, d, fresh); mustBeUpdated(err, fresh) {
			err = c.once(ctx, call, d, fresh)
		}
`},
	},
	{
		name: "refused-credentials-are-used-on", by: "TestOneRefusalIsEnough",
		edit: edit{"steps/cloud/door.go", `		d.refused.Store(true)`, `		d.refused.Store(false)`},
	},
	{
		name: "a-cut-connection-counts-as-not-sent", by: "TestAnEndedContextLeavesAWriteUnknown",
		edit: edit{"steps/cloud/classify.go", `	case connected:`, `	case connected && err == nil:`},
	},
	{
		name: "a-server-error-counts-as-a-refusal", by: "TestFailuresHaveClasses",
		edit: edit{"steps/cloud/classify.go", `	if a.status >= 500 {
		return step.UnknownOutcome
	}
`, ``},
	},
	{
		name: "a-truncated-answer-is-whole", by: "TestATruncatedAnswerIsUnknown",
		edit: edit{"steps/cloud/answer.go", `	case err != nil:
		a.broken = "the answer broke off: " + err.Error()
`, ``},
	},
	{
		name: "an-answer-has-no-bounds", by: "TestALongAnswerIsNone",
		edit: edit{"steps/cloud/answer.go", `io.LimitReader(resp.Body, maxBody+1)`, `io.LimitReader(resp.Body, 1<<40)`},
		also: []edit{{"steps/cloud/answer.go", `	case len(a.body) > maxBody:`, `	case len(a.body) > 1<<40:`}},
	},
	{
		name: "a-page-counts-as-success", by: "TestFailuresHaveClasses",
		edit: edit{"steps/cloud/answer.go", `	if err := decode(call, a.body); err != nil {
		return c.fail(`, `	if err := decode(call, a.body); err != nil && c == nil {
		return c.fail(`},
	},
	{
		name: "any-2xx-counts-as-success", by: "TestFailuresHaveClasses",
		edit: edit{"steps/cloud/answer.go", `	case slices.Contains(ok, a.status):`, `	case slices.Contains(ok, a.status), a.status/100 == 2:`},
	},
	{
		name: "a-success-that-carries-an-error-is-one", by: "TestFailuresHaveClasses",
		edit: edit{"steps/cloud/answer.go", `	if env := envelopeOf(call, a); env.isError {
		return c.fail(`, `	if env := envelopeOf(call, a); env.isError && c == nil {
		return c.fail(`},
	},
	{
		name: "false-counts-as-true", by: "TestBoolTakesFourSpellings",
		edit: edit{"steps/cloud/decode.go", "`, `\"false\"`:\n\t\t*b = false", "`, `\"false\"`:\n\t\t*b = true"},
	},
	{
		name: "the-services-verdict-is-not-read", by: "TestARefusalUnder200IsOne",
		edit: edit{"steps/modelarts/rows.go", `	if v.Result != nil && !bool(*v.Result) {`, `	if v == nil {`},
	},
	{
		name: "the-last-of-two-names-counts", by: "TestFailuresHaveClasses",
		edit: edit{"steps/cloud/decode.go", `		if seen[name] {`, `		if seen[name] && depth > maxDepth {`},
	},
	{
		name: "no-service-may-ask-to-wait", by: "TestRetryAfterIsSecondsOrADate",
		edit: edit{"steps/cloud/answer.go", `RetryAfter: retryAfter(a.header, now),`, `RetryAfter: min(0, retryAfter(a.header, now)),`},
	},
	{
		name: "only-the-call-that-was-throttled-waits", by: "TestAServiceThatAsksToWaitIsLeftAloneByAll",
		edit: edit{"steps/cloud/manners.go", `	if p.until.Before(now.Add(e.RetryAfter)) {`, `	if p.until.After(now.Add(e.RetryAfter)) {`},
	},
	{
		name: "an-id-may-lead-elsewhere", by: "TestIdsCannotLeaveThePath",
		edit: edit{"steps/cloud/request.go", `		if !identifier.MatchString(id) {`, `		if id == "" {`},
	},
	{
		name: "a-metadata-service-is-called", by: "TestMetadataAddressesAreRefused",
		edit: edit{"steps/cloud/transport.go", `(a.IsLinkLocalUnicast() || a.IsMulticast()`, `(a.IsMulticast()`},
	},
	{
		name: "a-wrong-clock-is-no-matter", by: "TestAClockThatIsFarOffRefusesWrites",
		edit: edit{"steps/cloud/skew.go", `ahead.Abs() > maxSkew {`, `ahead > maxSkew {`},
	},
	{
		name: "a-renewed-secret-is-not-hidden", by: "TestRenewedSecretsAreHiddenLikeTheFirst",
		edit: edit{"steps/cloud/renew.go", `	h.learn(creds.SecretKey, creds.SecurityToken, creds.Token)
`, `	if h.isEmpty() {
		h.learn(creds.SecretKey, creds.SecurityToken, creds.Token)
	}
`},
	},
	{
		name: "a-secret-in-base64-is-not-found", by: "TestSecretsAreFoundInEveryFormAnEchoTakes", args: seeded,
		edit: edit{"steps/cloud/redact_forms.go", `		for offset := range 3 {`, `		for offset := range 1 {`},
	},
	{
		name: "a-secret-in-pieces-is-written", by: "TestASecretInPiecesIsNotWritten",
		edit: edit{"steps/cloud/redact.go", `	if hold {
		stop = r.book.pending(flat)
	}
`, ``},
		also: []edit{{"steps/cloud/redact.go", `covered int, hold bool) (`, `covered int, _ bool) (`}, {"steps/cloud/redact.go", `func (k *book) pending(`, `var _ = (*book).pending

func (k *book) pending(`}},
	},
	{
		name: "the-list-of-keys-keeps-their-secrets", by: "TestTheSecretReachesTheServiceAndNoState",
		edit: edit{"steps/modelarts/authorization.go", "	UserType string `json:\"user_type,omitempty\"`\n}\n\n// Authorization", "	UserType string `json:\"user_type,omitempty\"`\n\tSecret   string `json:\"secret_key,omitempty\"`\n}\n\n// Authorization"},
		also: []edit{
			{"steps/modelarts/rows.go", "	Content  string `json:\"content\"`\n}\n\nfunc (w wireRow)", "	Content  string `json:\"content\"`\n\tSecret   string `json:\"secret_key\"`\n}\n\nfunc (w wireRow)"},
			{"steps/modelarts/rows.go", `			rows[key] = newRow(key, w.Type, w.Content, w.UserName, w.UserType)
`, `			r := newRow(key, w.Type, w.Content, w.UserName, w.UserType)
			r.Secret = w.Secret
			rows[key] = r
`},
		},
	},
	{
		name: "everybody-is-seen-as-one-row", in: "./steps", by: "TestDeletingEverybodyRestoresEachUsersRow",
		edit: edit{"steps/modelarts/authorization.go", `	if err != nil || in.forAll() {`, `	if err != nil {`},
	},
	{
		name: "one-user-may-be-everybody", by: "TestTheSingleUsersPathNeverDeletesEverybody",
		edit: edit{"steps/modelarts/rows.go", `	if strings.TrimSpace(id) == "" || isEverybody(id) || strings.HasPrefix(id, namePrefix) {`, `	if id == "" {`},
	},
	{
		name: "only-the-first-page-is-read", by: "TestAllPagesAreRead",
		edit: edit{"steps/modelarts/rows.go", `		case whole && (added == 0 || len(p.Auth) < pageSize):`, `		case whole || added > 0:`},
	},
	{
		name: "a-page-that-comes-again-counts-as-new", by: "TestAListThatDoesNotEndIsAnError",
		edit: edit{"steps/modelarts/rows.go", `		case added == 0:
			return nil, incomplete(len(seen), p.TotalCount)
`, ``},
	},
	{
		name: "a-list-that-goes-round-is-read-for-ever", by: "TestBucketListsThatGoRoundOrOnForeverEnd",
		edit: edit{"steps/cloud/obs.go", `		if page.NextMarker <= call.Query.Get("marker") {`, `		if page.NextMarker == "" {`},
	},
}

// screenBugs are about what a person or a machine is told, and by whom a run may be gone on with.
var screenBugs = []bug{
	{
		name: "a-terminal-obeys-foreign-text", by: "TestForeignTextGivesNoOrders",
		edit: edit{"cmd/writ/view/clean.go", `	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)`, `	return unicode.Is(unicode.Cf, r)`},
	},
	{
		name: "foreign-text-is-read-backwards", by: "TestDriftFitsTheScreenAndShowsNothingForeignAsItIs",
		edit: edit{"cmd/writ/view/clean.go", `	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)`, `	return unicode.IsControl(r)`},
	},
	{
		name: "a-runner-obeys-foreign-text", by: "TestALineGivesNoOrders",
		edit: edit{"cmd/writ/view/clean_lines.go", `		if c.place == atColon && r == ':' {`, `		if c.place == atStart && r == ':' {`},
	},
	{
		name: "a-runner-obeys-older-commands", by: "TestForeignTextGivesNoOrders",
		edit: edit{"cmd/writ/view/clean.go", `NewReplacer("##[", "## [", "##vso[", "## vso[", "##teamcity[", "## teamcity[")`, `NewReplacer("##vso[", "## vso[", "##teamcity[", "## teamcity[")`},
	},
	{
		name: "a-secret-is-hidden-as-it-was-and-not-as-it-is-shown", by: "TestWhatCleanMakesOfASecretIsMasked",
		edit: edit{"cmd/writ/redact.go", `		r.Learn(cloud.Hide(v), cloud.Hide(view.Clean(v)))`, `		r.Learn(cloud.Hide(v))`},
	},
	{
		name: "the-redactor-is-not-told", by: "TestScripts/secrets",
		edit: edit{"cmd/writ/signin.go", `			a.redactor.add(secret.Reveal())`, `			_ = secret`},
	},
	{
		name: "another-account-goes-on-with-the-run", by: "TestARunIsGoneOnWithInItsOwnAccountOnly",
		edit: edit{"cmd/writ/whose.go", `	case there.DomainID == "" || here.DomainID == there.DomainID:`, `	case there.DomainID == "" || here.ProjectID == there.ProjectID:`},
	},
}
