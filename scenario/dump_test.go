package scenario

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// goValue prints a value like Go's %+v, but follows pointers, leaves out zero
// fields, and is "" for a zero.
func goValue(v any) string { return printValue(reflect.ValueOf(v), false) }

func printValue(v reflect.Value, zeroToo bool) string {
	if !v.IsValid() {
		return "nil"
	}
	if v.IsZero() && !zeroToo {
		return ""
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		return x.String()
	case Pos:
		return x.String()
	case *regexp.Regexp:
		return "/" + x.String() + "/"
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return printValue(v.Elem(), true)
	case reflect.String:
		return fmt.Sprintf("%q", v)
	case reflect.Slice:
		var all []string
		for i := range v.Len() {
			all = append(all, printValue(v.Index(i), true))
		}
		return "[" + strings.Join(all, ", ") + "]"
	case reflect.Map:
		var all []string
		for _, k := range v.MapKeys() {
			all = append(all, fmt.Sprintf("%v: %s", k, printValue(v.MapIndex(k), true)))
		}
		slices.Sort(all)
		return "{" + strings.Join(all, ", ") + "}"
	case reflect.Struct:
		var all []string
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue
			}
			if text := printValue(v.Field(i), false); text != "" {
				all = append(all, v.Type().Field(i).Name+": "+text)
			}
		}
		return v.Type().Name() + "{" + strings.Join(all, ", ") + "}"
	}
	return fmt.Sprint(v)
}
