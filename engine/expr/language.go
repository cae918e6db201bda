package expr

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"
)

// Limits of one expression. None can be lifted from within a plan.
const (
	maxSource   = 4 << 10  // bytes of one expression
	maxText     = 64 << 10 // bytes of one text that comes out
	maxCost     = 1_000_000
	maxMemory   = 200_000 // values, or tens of bytes of text, in anything made on the way
	maxNesting  = 100
	maxRange    = 10_000  // elements that lists.range makes
	maxDistinct = 5_000   // elements that distinct compares, each with each
	maxRegexp   = 10_000  // instructions of one compiled pattern
	maxValues   = 100_000 // values in one result, however deep
	maxShown    = 50      // values in one constant of a residual
	maxResidual = 4 << 10 // bytes

	checkEvery  = 100 // loop turns between two looks at the context
	sampleEvery = 64  // loop turns between two looks at the memory
)

// language is CEL as plans have it: optional values, texts and lists are added; nothing reads a clock,
// draws a number or touches the outside.
func language() []cel.EnvOption {
	return []cel.EnvOption{
		cel.EnableMacroCallTracking(), // residuals of filter and map cannot be printed without
		cel.EnableIdentifierEscapeSyntax(),
		cel.CrossTypeNumericComparisons(true),
		cel.OptionalTypes(),
		ext.Strings(),
		// Version 5 adds set operations whose square cost is only charged afterwards.
		ext.Lists(ext.ListsVersion(4), ext.ListsMaxRangeSize(maxRange)),
		boundedDistinct(),
		cel.ParserExpressionSizeLimit(maxSource),
		cel.ParserRecursionLimit(maxNesting),
		cel.RegexProgramSizeLimit(maxRegexp),
	}
}

func limits() []cel.ProgramOption {
	return []cel.ProgramOption{
		cel.CostLimit(maxCost),
		cel.MemoryTracking(
			types.MemoryTrackerSampleInterval(sampleEvery),
			types.MemoryTrackerSizeCalculator(types.NewSizeCalculator(
				types.SizeCalculatorMaxDepth(maxNesting), types.SizeCalculatorMaxTraversal(maxMemory))),
		),
		cel.MemoryLimit(maxMemory),
		cel.InterruptCheckFrequency(checkEvery),
	}
}

// boundedDistinct refuses long lists before the work, where CEL counts the cost after it.
func boundedDistinct() cel.EnvOption {
	list := cel.ListType(cel.TypeParamType("T"))
	return cel.Function("distinct",
		cel.MemberOverload("list_distinct", []*cel.Type{list}, list, cel.UnaryBinding(distinct)))
}

func distinct(value ref.Val) ref.Val {
	list := value.(traits.Lister)
	if size := list.Size().(types.Int); size > maxDistinct {
		return types.NewErr("distinct takes at most %d elements, not %d", maxDistinct, size)
	}
	var kept []ref.Val
	for it := list.Iterator(); it.HasNext() == types.True; {
		if element := it.Next(); !contains(kept, element) {
			kept = append(kept, element)
		}
	}
	return types.NewRefValList(types.DefaultTypeAdapter, kept)
}

func contains(kept []ref.Val, element ref.Val) bool {
	for _, other := range kept {
		if element.Equal(other) == types.True {
			return true
		}
	}
	return false
}
