package capacity

import "math"

// What queueing theory says of the apps that the searches are held against.

// machineRepair is M/M/c//N: n users who think for an exponential time of mean
// z, and c workers who take an exponential time of mean s for each request
// (Gross, Shortle, Thompson, Harris, Fundamentals of Queueing Theory, 4th ed.,
// section 2.7; z = 0 is the case of users who don't think).
type machineRepair struct {
	n, c int
	s, z float64
}

// arriving is the distribution of the number of requests that a request finds
// in the app: that of the same system with one user less (the arrival theorem:
// Sevcik, Mitrani, J. ACM 28, 1981; Lavenberg, Reiser, J. Appl. Prob. 17, 1980).
func (m machineRepair) arriving() []float64 {
	n := m.n - 1
	p := make([]float64, n+1)
	if m.z == 0 {
		p[n] = 1
		return p
	}
	log := make([]float64, n+1)
	most := 0.0
	for k := 1; k <= n; k++ {
		log[k] = log[k-1] + math.Log(float64(n-k+1)*m.s/m.z/float64(min(k, m.c)))
		most = max(most, log[k])
	}
	sum := 0.0
	for k := range p {
		p[k] = math.Exp(log[k] - most)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

func (m machineRepair) mean() float64 {
	r := 0.0
	for k, p := range m.arriving() {
		r += p * (m.s + m.s/float64(m.c)*float64(max(0, k-m.c+1)))
	}
	return r
}

// beyond is P(R > t). Who finds k ≥ c waits for k−c+1 ends of service at the
// rate c/s, and is served then.
func (m machineRepair) beyond(t float64) float64 {
	sum := 0.0
	for k, p := range m.arriving() {
		if p > 1e-15 {
			sum += p * waitAndServe(max(0, k-m.c+1), float64(m.c)/m.s, 1/m.s, t)
		}
	}
	return sum
}

// waitAndServe is P(A + B > t), A of Erlang's distribution with so many
// phases of rate a, B exponential with rate b.
func waitAndServe(phases int, a, b, t float64) float64 {
	if phases == 0 {
		return math.Exp(-b * t)
	}
	if a == b {
		return erlangBeyond(phases+1, a, t)
	}
	// ∫ of A's density times e^(−b(t−x)), by Simpson's rule, and P(A > t).
	const steps = 2000
	h := t / steps
	lg, _ := math.Lgamma(float64(phases))
	sum := 0.0
	for i := range steps + 1 {
		x := float64(i) * h
		w := 2.0
		switch {
		case i == 0 || i == steps:
			w = 1
		case i%2 == 1:
			w = 4
		}
		f := 0.0
		if x > 0 || phases == 1 {
			f = math.Exp(float64(phases)*math.Log(a) + float64(phases-1)*math.Log(max(x, 1e-300)) - a*x - lg)
			if phases == 1 {
				f = a * math.Exp(-a*x)
			}
		}
		sum += w * f * math.Exp(-b*(t-x))
	}
	return erlangBeyond(phases, a, t) + sum*h/3
}

// erlangBeyond is P(A > t) = Σ (at)^i/i! e^(−at), i < phases.
func erlangBeyond(phases int, a, t float64) float64 {
	sum, log := 0.0, -a*t
	for i := range phases {
		if i > 0 {
			log += math.Log(a * t / float64(i))
		}
		sum += math.Exp(log)
	}
	return min(sum, 1)
}

// serialExact is M/D/1//N: as machineRepair with one worker that takes s
// exactly. The mean follows from the chain of what each answer leaves behind
// (Takács, Introduction to the Theory of Queues, 1962, chapter 5).
func serialExact(n int, s, z float64) float64 {
	// Waiting or in service behind an answer: 0 … n−1. With j of them the next
	// service begins with max(j, 1); who thinks then asks within s with
	// probability 1 − e^(−s/z), each on their own.
	q := -math.Expm1(-s / z)
	p := make([]float64, n)
	p[0] = 1
	for range 20000 {
		to := make([]float64, n)
		for j, pj := range p {
			if pj < 1e-18 {
				continue
			}
			begin := max(j, 1)
			thinking := n - begin
			b := math.Pow(1-q, float64(thinking))
			for a := 0; a <= thinking; a++ {
				to[begin-1+a] += pj * b
				if a < thinking {
					b *= float64(thinking-a) / float64(a+1) * q / (1 - q)
				}
			}
		}
		moved := 0.0
		for i := range p {
			// Half of the old keeps a chain that alternates from going on so.
			to[i] = (to[i] + p[i]) / 2
			moved += math.Abs(to[i] - p[i])
		}
		p = to
		if moved < 1e-13 {
			break
		}
	}
	between := s + p[0]*z/float64(n) // from answer to answer
	return float64(n)*between - z    // Little: n = (R + z) ÷ between
}

// erlangC is M/M/c at a rate of arrivals: the probability to wait (Erlang 1917).
func erlangC(c int, rate, s float64) float64 {
	a := rate * s
	b := 1.0
	for k := 1; k <= c; k++ {
		b = a * b / (float64(k) + a*b)
	}
	rho := a / float64(c)
	return b / (1 - rho*(1-b))
}

// manyBeyond is P(R > t) of M/M/c; 1 where the rate is too much.
func manyBeyond(c int, rate, s, t float64) float64 {
	mu := 1 / s
	theta := float64(c)*mu - rate
	if theta <= 0 {
		return 1
	}
	w := erlangC(c, rate, s)
	if math.Abs(theta-mu) < 1e-9 {
		return (1-w)*math.Exp(-mu*t) + w*(1+mu*t)*math.Exp(-mu*t)
	}
	both := math.Exp(-theta*t) + theta/(mu-theta)*(math.Exp(-theta*t)-math.Exp(-mu*t))
	return (1-w)*math.Exp(-mu*t) + w*both
}

// exactMean is the mean of M/D/1 (Pollaczek, Khinchine).
func exactMean(rate, s float64) float64 {
	rho := rate * s
	if rho >= 1 {
		return math.Inf(1)
	}
	return s + rho*s/(2*(1-rho))
}

// exactBeyond is P(R > t) of M/D/1 (Crommelin, Post Office Electrical
// Engineers' Journal 25, 1932).
func exactBeyond(rate, s, t float64) float64 {
	t -= s
	switch {
	case rate*s >= 1 || t < 0:
		return 1
	}
	sum := 0.0
	for k := 0; k <= int(t/s+1e-12); k++ {
		x := rate * (t - float64(k)*s)
		term := math.Exp(x)
		for i := 1; i <= k; i++ {
			term *= -x / float64(i)
		}
		sum += term
	}
	return 1 - (1-rate*s)*sum
}
