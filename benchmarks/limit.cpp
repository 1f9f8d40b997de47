// The signal chain once more in C++, eight channels at a time: the limit against which
// `emg-feedback bench kernels` sets the speed of the kernels. It bridges short losses, filters, takes
// the mains out, decides who contracts, and makes both envelopes, as emg_kernels does. The level at
// rest is given, and a decision is neither doubted nor dated.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <vector>

namespace {

typedef double Vector __attribute__((vector_size(4 * sizeof(double))));

constexpr int VECTORS = 2;
constexpr int LANES = 4 * VECTORS;
constexpr double ANTI_DENORMAL = 1e-30;
constexpr double LARGEST = 1e12;

// As in emg_kernels: evidence, rest, contraction, mains, adaptive.
constexpr int N_RATIOS = 4;
constexpr double RATIOS[N_RATIOS] = {4.0, 8.0, 20.0, 60.0};
constexpr double MOST_OF_A_SAMPLE = 30.0, MOST_TRACKED = 6.0, TRACKED_MEAN = 0.98;
constexpr double MOST_GATHERED = 25.0, MOST_SCATTERS = 3.0;
constexpr double TUNINGS = 1.7, AUDIBLE_AT_REST = 1.0, AUDIBLE = 3.0;
constexpr double RELEASE_RATIO = 2.5, RELEASE_THRESHOLD = 5.0, STRONG = 4.0;
constexpr double CHANGE = 6.0, THRESHOLD_NATS = 12.0, LARGEST_RATIO = 8.0, SMOOTHER_PARTS = 8.0;
constexpr double FALL_PART = 0.3;

struct Lanes {
    Vector v[VECTORS];

    double& operator[](int c) { return reinterpret_cast<double*>(v)[c]; }
};

struct Section {
    double b0, b1, b2, a0, a1, a2;
};

// A line of the mains: cycles per sample, how far it may be off, how far it is, and by how many
// cycles that had put it ahead at a sample.
struct Line {
    double cycles, reach, off, slip;
    long since;
};

// The detector of four channels, without its second look: what rests and what contracts.
struct Detector {
    Vector rest, limit, freedom, block_sum, block_count, active, fall, since, power, rise[N_RATIOS];
};

// Both envelopes of four channels.
struct Envelopes {
    Vector level, weight, shown, pull, cell, cell_count;
    Vector rise, rise_sum, rise_count, rise_scale, fall, fall_sum, fall_count, fall_scale;
    Vector first, second, first_weight, second_weight;
};

// In the order in which `bench/limit.py` lays them down.
struct Settings {
    double max_gap_samples, lag, rest_power, threshold, freedom, following, tracking, floor_power;
    double cell_samples, longest, shortest, cell_freedom, slow_alpha;
};

struct Chain {
    int n_channels, n_tiles, n_sections, n_lines, n_ring, n_past;
    long now;
    Settings settings;
    std::vector<Section> sections;
    std::vector<Line> lines;
    std::vector<double> steady_state, reference, ring;
    std::vector<Lanes> past, shift, lost, delays, work, weights, before;
    std::vector<Detector> detectors;
    std::vector<Envelopes> envelopes;
};

Lanes all(double x) {
    Lanes lanes;
    for (int c = 0; c < LANES; c++) lanes[c] = x;
    return lanes;
}

Vector least(Vector a, Vector b) { return a < b ? a : b; }
Vector most(Vector a, Vector b) { return a > b ? a : b; }
Vector same(double x) { return Vector{x, x, x, x}; }
Vector root(Vector x) {
    for (int c = 0; c < 4; c++) x[c] = std::sqrt(x[c]);
    return x;
}

bool is_sample(double x) { return std::fabs(x) < LARGEST; }

bool whole(Lanes lanes) {
    bool result = true;
    for (int c = 0; c < LANES; c++) result &= is_sample(lanes[c]);
    return result;
}

// How much the last samples lie above those one lag before.
double rise(const Chain& chain, Lanes* past, int c, long now) {
    const int lag = static_cast<int>(chain.settings.lag);
    double total = 0.0, count = 0.0;
    for (int back = 1; back <= chain.n_past - lag; back++) {
        const double before = past[(now - back - lag + 2L * chain.n_past) % chain.n_past][c];
        const double risen = past[(now - back + chain.n_past) % chain.n_past][c] - before;
        if (std::isnan(risen)) continue;
        total += risen;
        count += 1.0;
    }
    return total / count;
}

// Through a short gap what was a lag ago goes on, at the level of the last samples.
void bridge(Chain& chain, int tile, const double* block, int n_samples) {
    const int first = tile * LANES;
    const int n_lanes = std::min(LANES, chain.n_channels - first);
    const long lag = static_cast<long>(chain.settings.lag), n_past = chain.n_past;
    Lanes* past = &chain.past[n_past * tile];
    Lanes shift = chain.shift[tile], lost = chain.lost[tile];
    for (int i = 0; i < n_samples; i++) {
        Lanes x = all(0.0);
        const double* row = block + i * chain.n_channels + first;
        if (n_lanes == LANES)
            std::memcpy(&x, row, sizeof x);
        else
            std::memcpy(&x, row, n_lanes * sizeof(double));
        if (whole(x)) {
            lost = all(0.0);
        } else {
            const long now = chain.now + i;
            for (int c = 0; c < LANES; c++) {
                if (is_sample(x[c])) {
                    lost[c] = 0.0;
                    continue;
                }
                lost[c] += 1.0;
                if (lost[c] == 1.0) shift[c] = rise(chain, past, c, now);
                const double repeated = past[(now - lag + n_past) % n_past][c] + shift[c];
                const double held = past[(now - 1 + n_past) % n_past][c];
                x[c] = std::isnan(repeated) ? held : repeated;
                if (lost[c] > chain.settings.max_gap_samples) x[c] = NAN;
            }
        }
        past[(chain.now + i) % n_past] = chain.work[i] = x;
    }
    chain.shift[tile] = shift;
    chain.lost[tile] = lost;
}

// Sample by sample where a lane must start anew.
void filter_lanes(Chain& chain, Lanes* delays, int n_samples) {
    for (int c = 0; c < LANES; c++) {
        for (int i = 0; i < n_samples; i++) {
            const double input = chain.work[i][c];
            if (std::isnan(input)) {
                delays[0][c] = NAN;
                continue;
            }
            const bool starts = std::isnan(delays[0][c]);
            double x = input;
            for (int s = 0; s < chain.n_sections; s++) {
                const Section& k = chain.sections[s];
                double& first = delays[2 * s][c];
                double& second = delays[2 * s + 1][c];
                if (starts) {
                    first = chain.steady_state[2 * s] * input;
                    second = chain.steady_state[2 * s + 1] * input;
                }
                const double y = k.b0 * x + first;
                first = k.b1 * x - k.a1 * y + second;
                second = k.b2 * x - k.a2 * y + ANTI_DENORMAL;
                x = y;
            }
            chain.work[i][c] = x;
        }
    }
}

void filter(Chain& chain, int tile, int n_samples) {
    Lanes* delays = &chain.delays[2 * chain.n_sections * tile];
    bool plain = whole(delays[0]);
    for (int i = 0; i < n_samples; i++) plain &= whole(chain.work[i]);
    if (!plain) return filter_lanes(chain, delays, n_samples);
    for (int s = 0; s < chain.n_sections; s++) {
        const Section k = chain.sections[s];
        Lanes first = delays[2 * s], second = delays[2 * s + 1];
        for (int i = 0; i < n_samples; i++) {
            for (int v = 0; v < VECTORS; v++) {
                const Vector x = chain.work[i].v[v];
                const Vector y = k.b0 * x + first.v[v];
                first.v[v] = k.b1 * x - k.a1 * y + second.v[v];
                second.v[v] = k.b2 * x - k.a2 * y + ANTI_DENORMAL;
                chain.work[i].v[v] = y;
            }
        }
        delays[2 * s] = first;
        delays[2 * s + 1] = second;
    }
}

void store(const Lanes& lanes, double* out, int n_lanes) {
    if (n_lanes == LANES)
        std::memcpy(out, &lanes, sizeof lanes);
    else
        std::memcpy(out, &lanes, n_lanes * sizeof(double));
}

// Cosine and sine of each line at each sample of the block; the same for all channels.
void turn(Chain& chain, int n_samples) {
    chain.reference.resize(2 * chain.n_lines * n_samples);
    for (int line = 0; line < chain.n_lines; line++) {
        const Line& k = chain.lines[line];
        const double ahead = k.slip + k.off * (chain.now - k.since);
        const double angle = 2.0 * M_PI * std::fmod(k.cycles * chain.now + ahead, 1.0);
        const double step = 2.0 * M_PI * (k.cycles + k.off);
        const double cos_step = std::cos(step), sin_step = std::sin(step);
        double cosine = std::cos(angle), sine = std::sin(angle);
        for (int i = 0; i < n_samples; i++) {
            double* reference = &chain.reference[2 * (chain.n_lines * i + line)];
            reference[0] = cosine;
            reference[1] = sine;
            const double next = cosine * cos_step - sine * sin_step;
            sine = sine * cos_step + cosine * sin_step;
            cosine = next;
        }
    }
}

int tuning_samples(const Settings& settings) {
    return static_cast<int>(std::max(1.0, 1.0 / (TUNINGS * settings.following)));
}

void set_off(Line& line, double off, long now) {
    line.slip = std::fmod(line.slip + line.off * (now - line.since), 1.0);
    line.off = off;
    line.since = now;
}

// Follow each line's frequency, from how its weights turned since the last time.
void tune(Chain& chain, long now) {
    const int n = tuning_samples(chain.settings);
    const double gain = 0.125 * chain.settings.following * n;
    int strongest = -1;
    double most_power = 0.0;
    for (int l = 0; l < chain.n_lines; l++) {
        double turned = 0.0, power = 0.0;
        for (int tile = 0; tile < chain.n_tiles; tile++) {
            Lanes* weights = &chain.weights[2 * (chain.n_lines * tile + l)];
            Lanes* before = &chain.before[2 * (chain.n_lines * tile + l)];
            const int n_lanes = std::min(LANES, chain.n_channels - tile * LANES);
            for (int c = 0; c < n_lanes; c++) {
                const Detector& d = chain.detectors[VECTORS * tile + c / 4];
                const double a = before[0][c], b = before[1][c];
                const double times = d.active[c % 4] > 0.0 ? AUDIBLE : AUDIBLE_AT_REST;
                const double least = times * d.limit[c % 4];
                if (a * a + b * b <= least * least) continue;
                turned += b * weights[0][c] - a * weights[1][c];
                power += a * a + b * b;
            }
            before[0] = weights[0];
            before[1] = weights[1];
        }
        if (power == 0.0) continue;
        Line& line = chain.lines[l];
        const double reach = std::fabs(line.reach), rate = turned / power / (2.0 * M_PI * n);
        const double off = line.off + gain * std::min(std::max(rate, -reach), reach);
        set_off(line, std::min(std::max(off, -reach), reach), now);
        if (power > most_power) {
            strongest = l;
            most_power = power;
        }
    }
    if (strongest < 0) return;
    const double share = chain.lines[strongest].off / chain.lines[strongest].reach;
    for (Line& line : chain.lines)
        if (line.since != now) set_off(line, share * line.reach, now);
}

Vector detect(Detector& d, const Settings& settings, Vector y) {
    const Vector zero{}, one = same(1.0);
    const auto there = y == y;
    const auto active = d.active > zero;
    const Vector square = there ? y * y : zero;
    const Vector ratio = square / d.rest;
    Vector evidence = zero;
    for (int k = 0; k < N_RATIOS; k++) {
        const double gain = 0.5 * (1.0 - 1.0 / RATIOS[k]), cost = 0.5 * std::log(RATIOS[k]);
        const Vector counted = least(ratio, same(MOST_OF_A_SAMPLE));
        const Vector total = most(d.rise[k] + d.freedom * (gain * counted - cost), zero);
        d.rise[k] = active ? zero : (there ? total : d.rise[k]);
        evidence = most(evidence, d.rise[k]);
    }
    const Vector tracked = least(ratio, same(MOST_TRACKED)) - TRACKED_MEAN;
    const Vector rest = most(d.rest + settings.tracking * tracked * d.rest,
                             same(settings.floor_power));
    d.rest = active ? d.rest : (there ? rest : d.rest);
    d.block_sum += active ? zero : least(ratio, same(MOST_GATHERED));
    d.block_count += active ? zero : (there ? one : zero);
    d.since += active ? one : zero;
    d.power += active ? square : zero;
    const Vector strength = most(d.power / most(d.since, one) / (STRONG * d.rest), one);
    const Vector quiet = d.rest * root(strength);
    const double gain = 0.5 * (1.0 - 1.0 / RELEASE_RATIO), cost = 0.5 * std::log(RELEASE_RATIO);
    const Vector fell = least(square / quiet, same(4.0 * RELEASE_RATIO));
    const Vector fall = most(d.fall + d.freedom * (cost - gain * fell), zero);
    d.fall = active ? (there ? fall : d.fall) : zero;
    const auto begins = evidence > same(settings.threshold);
    const auto ends = d.fall > same(RELEASE_THRESHOLD);
    d.since = ends ? zero : d.since;
    d.power = ends ? zero : d.power;
    d.active = ends ? zero : (begins ? one : d.active);
    return there ? most(least(y, d.limit), -d.limit) : zero;
}

// Take the mains out, decide, and follow the mains.
void cancel(Chain& chain, int tile, int n_samples, double* out, unsigned char* active) {
    const int n_lanes = std::min(LANES, chain.n_channels - tile * LANES);
    const double rate = chain.settings.following;
    Lanes* weights = &chain.weights[2 * chain.n_lines * tile];
    for (int i = 0; i < n_samples; i++) {
        const double* reference = &chain.reference[2 * chain.n_lines * i];
        for (int v = 0; v < VECTORS; v++) {
            Vector y = chain.work[i].v[v];
            for (int k = 0; k < 2 * chain.n_lines; k++) y -= weights[k].v[v] * reference[k];
            const Vector kept = y;
            Detector& detector = chain.detectors[VECTORS * tile + v];
            const Vector error = detect(detector, chain.settings, y);
            y -= 0.5 * rate * chain.n_lines * error;
            for (int k = 0; k < 2 * chain.n_lines; k++)
                weights[k].v[v] += rate * reference[k] * error;
            chain.work[i].v[v] = y;
            for (int c = 0; c < std::min(4, n_lanes - 4 * v); c++) {
                const int channel = tile * LANES + 4 * v + c;
                active[i * chain.n_channels + channel] = detector.active[c] > 0.0;
                chain.ring[(chain.now + i) % chain.n_ring * chain.n_channels + channel] = kept[c];
            }
        }
        store(chain.work[i], out + i * chain.n_channels + tile * LANES, n_lanes);
    }
}

Vector adapt(Envelopes& e, const Settings& settings, Vector power) {
    const Vector zero{}, one = same(1.0), cell_samples = same(settings.cell_samples);
    const auto there = power < same(INFINITY);
    const auto begins = e.level != e.level;
    for (Vector* kept : {&e.rise, &e.rise_sum, &e.rise_count, &e.fall, &e.fall_sum, &e.fall_count,
                         &e.cell, &e.cell_count, &e.weight})
        *kept = begins ? zero : *kept;
    e.level = begins ? power : e.level;
    e.shown = begins ? power : e.shown;
    e.pull = begins ? one : e.pull;
    e.cell += power;
    e.cell_count += one;
    const auto full = e.cell_count >= cell_samples;
    bool any = false;
    for (int c = 0; c < 4; c++) any |= full[c] != 0;
    if (any) {
        const double unit = settings.cell_freedom / THRESHOLD_NATS;
        const double rise_gain = 0.5 * (1.0 - 1.0 / CHANGE) * unit;
        const double fall_gain = 0.5 * (CHANGE - 1.0) * unit, cost = 0.5 * std::log(CHANGE) * unit;
        const Vector mean = e.cell / cell_samples;
        const Vector scale = one / (e.level + ANTI_DENORMAL), limit = same(LARGEST_RATIO);
        const Vector longest = same(settings.longest);
        const Vector rise_scale = e.rise_count > zero ? e.rise_scale : scale;
        const Vector fall_scale = e.fall_count > zero ? e.fall_scale : scale;
        Vector rise = most(e.rise + rise_gain * least(mean * rise_scale, limit) - cost, zero);
        Vector fall = most(e.fall + cost - fall_gain * least(mean * fall_scale, limit), zero);
        rise = e.rise_count < longest ? rise : zero;
        fall = e.fall_count < longest ? fall : zero;
        const Vector rise_sum = rise > zero ? e.rise_sum + mean : zero;
        const Vector rise_count = rise > zero ? e.rise_count + one : zero;
        const Vector fall_sum = fall > zero ? e.fall_sum + mean : zero;
        const Vector fall_count = fall > zero ? e.fall_count + one : zero;
        const Vector doubt = most(rise, fall);
        Vector weight = least(e.weight + one, longest);
        Vector level = e.level + (mean - e.level) / weight;
        const Vector count = rise > one ? rise_count : fall_count;
        const auto anew = (doubt > one) & (count >= same(settings.shortest));
        level = anew ? (rise > one ? rise_sum : fall_sum) / count : level;
        weight = anew ? (rise > one ? count : FALL_PART * count) : weight;
        e.level = full ? level : e.level;
        e.weight = full ? weight : e.weight;
        e.pull = full ? least(SMOOTHER_PARTS / (weight * cell_samples), one) : e.pull;
        e.rise = full ? (anew ? zero : rise) : e.rise;
        e.rise_sum = full ? (anew ? zero : rise_sum) : e.rise_sum;
        e.rise_count = full ? (anew ? zero : rise_count) : e.rise_count;
        e.fall = full ? (anew ? zero : fall) : e.fall;
        e.fall_sum = full ? (anew ? zero : fall_sum) : e.fall_sum;
        e.fall_count = full ? (anew ? zero : fall_count) : e.fall_count;
        e.rise_scale = full ? rise_scale : e.rise_scale;
        e.fall_scale = full ? fall_scale : e.fall_scale;
        e.cell = full ? zero : e.cell;
        e.cell_count = full ? zero : e.cell_count;
    }
    e.shown = (e.shown + (e.level - e.shown) * e.pull + ANTI_DENORMAL) - ANTI_DENORMAL;
    e.level = there ? e.level : same(NAN);
    return there ? root(e.shown) : same(NAN);
}

Vector smooth(Envelopes& e, double alpha, Vector power) {
    const Vector zero{};
    const auto there = power < same(INFINITY);
    const auto known = e.first == e.first;
    const Vector first = known ? e.first : zero, second = known ? e.second : zero;
    e.first_weight = known ? e.first_weight : zero;
    e.second_weight = known ? e.second_weight : zero;
    e.first = (first + alpha * (power - first) + ANTI_DENORMAL) - ANTI_DENORMAL;
    e.second = (second + alpha * (e.first - second) + ANTI_DENORMAL) - ANTI_DENORMAL;
    e.first_weight += alpha * (1.0 - e.first_weight);
    e.second_weight += alpha * (e.first_weight - e.second_weight);
    e.first = there ? e.first : same(NAN);
    return there ? root(most(e.second, zero) / e.second_weight) : same(NAN);
}

void envelopes(Chain& chain, int tile, int n_samples, double* fast_out, double* slow_out) {
    const int n_lanes = std::min(LANES, chain.n_channels - tile * LANES);
    for (int i = 0; i < n_samples; i++) {
        Lanes fast, slow;
        for (int v = 0; v < VECTORS; v++) {
            Envelopes& e = chain.envelopes[VECTORS * tile + v];
            const Vector power = chain.work[i].v[v] * chain.work[i].v[v];
            fast.v[v] = adapt(e, chain.settings, power);
            slow.v[v] = smooth(e, chain.settings.slow_alpha, power);
        }
        store(fast, fast_out + i * chain.n_channels + tile * LANES, n_lanes);
        store(slow, slow_out + i * chain.n_channels + tile * LANES, n_lanes);
    }
}

}  // namespace

extern "C" {

Chain* limit_new(int n_channels, int n_sections, const double* sos, const double* steady_state,
                 int n_lines, const double* lines, int n_ring, const double* settings) {
    Chain* chain = new Chain{};
    chain->n_channels = n_channels;
    chain->n_tiles = (n_channels + LANES - 1) / LANES;
    chain->n_sections = n_sections;
    chain->n_lines = n_lines;
    chain->n_ring = n_ring;
    std::memcpy(&chain->settings, settings, sizeof(Settings));
    chain->sections.resize(n_sections);
    std::memcpy(chain->sections.data(), sos, n_sections * sizeof(Section));
    chain->steady_state.assign(steady_state, steady_state + 2 * n_sections);
    for (int l = 0; l < n_lines; l++)  // cycles, and how far it may be off
        chain->lines.push_back(Line{lines[2 * l], lines[2 * l + 1], 0.0, 0.0, 0});
    chain->ring.assign(static_cast<size_t>(n_ring) * n_channels, 0.0);
    chain->n_past = static_cast<int>(chain->settings.lag + std::ceil(chain->settings.max_gap_samples));
    chain->past.assign(static_cast<size_t>(chain->n_past) * chain->n_tiles, all(NAN));
    chain->shift.assign(chain->n_tiles, all(NAN));
    chain->lost.assign(chain->n_tiles, all(0.0));
    chain->delays.assign(2 * n_sections * chain->n_tiles, all(NAN));
    chain->weights.assign(2 * n_lines * chain->n_tiles, all(0.0));
    chain->before = chain->weights;
    Detector detector{};
    detector.rest = same(chain->settings.rest_power);
    detector.limit = same(MOST_SCATTERS * std::sqrt(chain->settings.rest_power));
    detector.freedom = same(chain->settings.freedom);
    chain->detectors.assign(VECTORS * chain->n_tiles, detector);
    Envelopes envelopes{};
    envelopes.level = envelopes.first = same(NAN);
    chain->envelopes.assign(VECTORS * chain->n_tiles, envelopes);
    return chain;
}

void limit_delete(Chain* chain) { delete chain; }

// Process a block (n_samples, n_channels) into out (3, n_samples, n_channels): without mains, fast
// envelope, slow envelope; and who is active. Return how many nanoseconds it took.
double limit_push(Chain* chain, const double* block, int n_samples, double* out,
                  unsigned char* active) {
    const auto begun = std::chrono::steady_clock::now();
    if (chain->work.size() < static_cast<size_t>(n_samples)) chain->work.resize(n_samples);
    const size_t plane = static_cast<size_t>(n_samples) * chain->n_channels;
    const int n_tuning = tuning_samples(chain->settings);
    while (n_samples > 0) {  // as far as the next tuning
        const int until = n_tuning - static_cast<int>(chain->now % n_tuning);
        const int n = std::min(n_samples, until);
        turn(*chain, n);
        for (int tile = 0; tile < chain->n_tiles; tile++) {
            bridge(*chain, tile, block, n);
            filter(*chain, tile, n);
            cancel(*chain, tile, n, out, active);
            envelopes(*chain, tile, n, out + plane, out + 2 * plane);
        }
        chain->now += n;
        if (n == until) tune(*chain, chain->now - 1);
        n_samples -= n;
        const int n_values = n * chain->n_channels;
        block += n_values;
        out += n_values;
        active += n_values;
    }
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begun)
        .count();
}

}  // extern "C"
