package stats

import (
	"cmp"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

const (
	// resamples is how often a side is drawn anew. Only a standard error is made
	// of them, which that many give to 2 %.
	resamples = 1000

	// seed makes every comparison of the same rows the same.
	seed = 1
)

// drawing is where the draws of an event come from: the same on both sides and
// whatever other events there are, so that nothing but the rows matters.
func drawing(name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // it never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// pool is what one side has of one event, by the units that are resampled.
type pool struct {
	units  []unitRows
	users  []poolUser
	values []value // sorted
	random *rand.Rand
}

// unitRows are the rows of one user, or of one run.
type unitRows struct {
	ok, failed float64
	sum        float64 // seconds, of the ok rows
}

// poolUser is whose values some are.
type poolUser struct {
	unit   int32
	weight float64 // how many rows each of them stands for
}

// value is a duration in seconds, and whose it is.
type value struct {
	seconds float32
	user    int32
}

func newPool(g *gathered, by Unit, random *rand.Rand) *pool {
	s := &pool{random: random}
	keys := slices.SortedFunc(maps.Keys(g.users), func(x, y userKey) int {
		return cmp.Or(cmp.Compare(x.run, y.run), cmp.Compare(x.user, y.user))
	})
	run := 0
	for _, key := range keys {
		rows := g.users[key]
		if by == ByUser || key.run != run {
			s.units = append(s.units, unitRows{})
		}
		run = key.run
		unit := len(s.units) - 1
		u := &s.units[unit]
		u.ok += float64(rows.ok)
		u.failed += float64(rows.failed)
		u.sum += rows.sum
		user := poolUser{unit: int32(unit), weight: 1}
		if len(rows.kept) > 0 {
			user.weight = float64(rows.ok) / float64(len(rows.kept))
		}
		for _, took := range rows.kept {
			s.values = append(s.values, value{took, int32(len(s.users))})
		}
		s.users = append(s.users, user)
	}
	slices.SortFunc(s.values, func(x, y value) int { return cmp.Compare(x.seconds, y.seconds) })
	return s
}

// failures is the number of rows that failed.
func (s *pool) failures() float64 {
	n := 0.0
	for _, u := range s.units {
		n += u.failed
	}
	return n
}

// once are the weights of the units as they are: each counts once.
func (s *pool) once() []float64 {
	return slices.Repeat([]float64{1}, len(s.units))
}

// alone are the weights in which only one unit counts.
func (s *pool) alone(unit int) []float64 {
	w := make([]float64, len(s.units))
	w[unit] = 1
	return w
}

// mean is that of the ok rows; NaN without any.
func (s *pool) mean(w []float64) float64 {
	sum, n := 0.0, 0.0
	for i, u := range s.units {
		sum += w[i] * u.sum
		n += w[i] * u.ok
	}
	return sum / n
}

// failed is the share of the rows that failed.
func (s *pool) failed(w []float64) float64 {
	failed, n := 0.0, 0.0
	for i, u := range s.units {
		failed += w[i] * u.failed
		n += w[i] * (u.ok + u.failed)
	}
	return failed / n
}

// percentiles are the median and the p95 of the ok and the failed rows, a failed
// one being longer than anything.
func (s *pool) percentiles(w []float64) (median, p95 float64) {
	q := s.quantiles(w, 0.5, 0.95)
	return q[0], q[1]
}

// quantiles returns the ⌈p·n⌉-th smallest of the ok and the failed rows for each
// of the ps, which are in order.
func (s *pool) quantiles(w []float64, ps ...float64) []float64 {
	n := 0.0
	for i, u := range s.units {
		n += w[i] * (u.ok + u.failed)
	}
	each := make([]float64, len(s.users))
	for i, u := range s.users {
		each[i] = w[u.unit] * u.weight
	}
	found := make([]float64, len(ps))
	at, seen := 0, 0.0
	for i, p := range ps {
		need := p*n - 1e-9*n
		for seen < need && at < len(s.values) {
			seen += each[s.values[at].user]
			at++
		}
		switch {
		case seen >= need && at > 0:
			found[i] = float64(s.values[at-1].seconds)
		default:
			found[i] = math.Inf(1)
		}
	}
	return found
}

// resampled are the figures of the side, with the standard errors of drawing as
// many units from it as it has, again and again.
func (s *pool) resampled() spread {
	df := float64(len(s.units) - 1)
	var mean, median, p95, failed moments
	for range resamples {
		w := s.draw()
		mean.add(math.Log(s.mean(w)))
		m, p := s.percentiles(w)
		median.add(math.Log(m))
		p95.add(math.Log(p))
		failed.add(s.failed(w))
	}
	once := s.once()
	m, p := s.percentiles(once)
	// A resample is as wide as the units that it was drawn from, which are a
	// little less wide than all that there could be.
	wider := math.Sqrt(float64(len(s.units)) / df)
	return spread{
		mean:   figure{s.mean(once), wider * mean.deviation(), df},
		median: figure{m, wider * median.deviation(), min(df, s.tail(m)-1)},
		p95:    figure{p, wider * p95.deviation(), min(df, s.tail(p)-1)},
		failed: figure{s.failed(once), wider * failed.deviation(), df},
	}
}

// tail is of how many units the rows are that are as long as a limit in seconds,
// or longer: their number, where each has as many of them, and fewer where some
// have most (Kish's effective size).
func (s *pool) tail(limit float64) float64 {
	sum, squares := 0.0, 0.0
	for _, n := range s.longer(limit, true) {
		sum += n
		squares += n * n
	}
	return sum * sum / squares
}

// longer is how many rows of each unit are longer than a limit, or as long where
// that counts. Failures are longer than any.
func (s *pool) longer(limit float64, orAsLong bool) []float64 {
	n := make([]float64, len(s.units))
	for i, u := range s.units {
		n[i] = u.failed
	}
	for _, v := range s.values {
		if took := float64(v.seconds); took > limit || orAsLong && took == limit {
			user := s.users[v.user]
			n[user.unit] += user.weight
		}
	}
	return n
}

// draw draws as many units as there are: how often each came.
func (s *pool) draw() []float64 {
	w := make([]float64, len(s.units))
	for range s.units {
		w[s.random.IntN(len(w))]++
	}
	return w
}

// ofUnits are the figures of the side where there are few units: means of what
// each unit has by itself, with the standard errors of those means.
func (s *pool) ofUnits() spread {
	var mean, median, p95, failed moments
	for i := range s.units {
		alone := s.alone(i)
		if s.units[i].ok > 0 {
			mean.add(s.mean(alone))
		}
		m, p := s.percentiles(alone)
		median.add(m)
		p95.add(p)
		failed.add(s.failed(alone))
	}
	return spread{mean: mean.relative(), median: median.relative(), p95: p95.relative(), failed: failed.figure()}
}

// beyond is the share of rows that are longer than a limit in seconds.
func (s *pool) beyond(limit float64, few bool) figure {
	long := s.longer(limit, false)
	share := func(w []float64) float64 {
		sum, n := 0.0, 0.0
		for i, u := range s.units {
			sum += w[i] * long[i]
			n += w[i] * (u.ok + u.failed)
		}
		return sum / n
	}
	var m moments
	if few {
		for i := range s.units {
			m.add(share(s.alone(i)))
		}
		return m.figure()
	}
	for range resamples {
		m.add(share(s.draw()))
	}
	df := float64(len(s.units) - 1)
	return figure{share(s.once()), math.Sqrt(float64(len(s.units))/df) * m.deviation(), df}
}

// pooledQuantile is a percentile of the rows of both sides.
func pooledQuantile(p float64, a, b *pool) float64 {
	both := &pool{units: slices.Concat(a.units, b.units), users: slices.Clone(a.users)}
	for _, u := range b.users {
		u.unit += int32(len(a.units))
		both.users = append(both.users, u)
	}
	both.values = make([]value, 0, len(a.values)+len(b.values))
	i, j := 0, 0
	for i < len(a.values) || j < len(b.values) {
		if j == len(b.values) || i < len(a.values) && a.values[i].seconds <= b.values[j].seconds {
			both.values = append(both.values, a.values[i])
			i++
			continue
		}
		v := b.values[j]
		v.user += int32(len(a.users))
		both.values = append(both.values, v)
		j++
	}
	return both.quantiles(both.once(), p)[0]
}

// moments gathers a mean and a variance as values come (Welford, Technometrics 4,
// 1962).
type moments struct{ n, mean, squares float64 }

func (m *moments) add(x float64) {
	m.n++
	d := x - m.mean
	m.mean += d / m.n
	m.squares += d * (x - m.mean)
}

// deviation is the standard deviation of what the values were drawn from.
func (m *moments) deviation() float64 { return math.Sqrt(m.squares / (m.n - 1)) }

// figure is the mean, with its standard error.
func (m *moments) figure() figure {
	if m.n == 0 {
		return figure{math.NaN(), math.NaN(), 0}
	}
	return figure{m.mean, m.deviation() / math.Sqrt(m.n), m.n - 1}
}

// relative is the mean, with the standard error of its logarithm.
func (m *moments) relative() figure {
	f := m.figure()
	f.se /= f.value
	return f
}
