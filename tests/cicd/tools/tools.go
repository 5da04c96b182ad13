//go:build tools

// Package tools pins what the tests of the pipeline build from Go modules.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
