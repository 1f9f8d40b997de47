// The signal chain once more in C++, eight channels at a time with the state in registers: the
// limit against which `emg-feedback bench kernels` sets the speed of the kernels. It bridges short
// losses, filters, and smooths the squares into two envelopes, as emg_kernels does.

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

struct Lanes {
    Vector v[VECTORS];

    double& operator[](int c) { return reinterpret_cast<double*>(v)[c]; }
};

struct Section {
    double b0, b1, b2, a0, a1, a2;
};

struct Smoother {
    Lanes first{}, second{}, first_weight{}, second_weight{};
};

struct Chain {
    int n_channels, n_tiles, n_sections;
    double max_gap_samples;
    double alpha[2];
    std::vector<Section> sections;
    std::vector<double> steady_state;
    std::vector<Lanes> last, lost, delays, work;
    std::vector<Smoother> smoothers;
};

Lanes all(double x) {
    Lanes lanes;
    for (int c = 0; c < LANES; c++) lanes[c] = x;
    return lanes;
}

bool is_sample(double x) { return std::fabs(x) < LARGEST; }

bool whole(Lanes lanes) {
    bool result = true;
    for (int c = 0; c < LANES; c++) result &= is_sample(lanes[c]);
    return result;
}

void bridge(Chain& chain, int tile, const double* block, int n_samples) {
    const int first = tile * LANES;
    const int n_lanes = std::min(LANES, chain.n_channels - first);
    Lanes last = chain.last[tile], lost = chain.lost[tile];
    for (int i = 0; i < n_samples; i++) {
        Lanes x = all(0.0);
        const double* row = block + i * chain.n_channels + first;
        if (n_lanes == LANES)
            std::memcpy(&x, row, sizeof x);
        else
            std::memcpy(&x, row, n_lanes * sizeof(double));
        if (whole(x)) {
            last = x;
            lost = all(0.0);
        } else {
            for (int c = 0; c < LANES; c++) {
                if (is_sample(x[c])) {
                    last[c] = x[c];
                    lost[c] = 0.0;
                } else {
                    lost[c] += 1.0;
                    x[c] = lost[c] <= chain.max_gap_samples ? last[c] : NAN;
                }
            }
        }
        chain.work[i] = x;
    }
    chain.last[tile] = last;
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

void smooth(Chain& chain, int tile, int n_samples, int which, double* out) {
    const int n_lanes = std::min(LANES, chain.n_channels - tile * LANES);
    const double alpha = chain.alpha[which];
    Smoother s = chain.smoothers[2 * tile + which];
    for (int i = 0; i < n_samples; i++) {
        Lanes level;
        for (int v = 0; v < VECTORS; v++) {
            const Vector power = chain.work[i].v[v] * chain.work[i].v[v];
            const auto known = s.first.v[v] == s.first.v[v];
            Vector first = known ? s.first.v[v] : Vector{};
            Vector second = known ? s.second.v[v] : Vector{};
            Vector first_weight = known ? s.first_weight.v[v] : Vector{};
            Vector second_weight = known ? s.second_weight.v[v] : Vector{};
            first += alpha * (power - first);
            second += alpha * (first - second);
            first_weight += alpha * (1.0 - first_weight);
            second_weight += alpha * (first_weight - second_weight);
            s.first.v[v] = first;
            s.second.v[v] = second;
            s.first_weight.v[v] = first_weight;
            s.second_weight.v[v] = second_weight;
            Vector mean = second / second_weight;
            for (int c = 0; c < 4; c++) mean[c] = std::sqrt(mean[c]);
            level.v[v] = power == power ? mean : power;
        }
        store(level, out + i * chain.n_channels + tile * LANES, n_lanes);
    }
    chain.smoothers[2 * tile + which] = s;
}

}  // namespace

extern "C" {

Chain* limit_new(int n_channels, int n_sections, const double* sos, const double* steady_state,
                 double max_gap_samples, double fast_alpha, double slow_alpha) {
    Chain* chain = new Chain{};
    chain->n_channels = n_channels;
    chain->n_tiles = (n_channels + LANES - 1) / LANES;
    chain->n_sections = n_sections;
    chain->max_gap_samples = max_gap_samples;
    chain->alpha[0] = fast_alpha;
    chain->alpha[1] = slow_alpha;
    chain->sections.resize(n_sections);
    std::memcpy(chain->sections.data(), sos, n_sections * sizeof(Section));
    chain->steady_state.assign(steady_state, steady_state + 2 * n_sections);
    chain->last.assign(chain->n_tiles, all(NAN));
    chain->lost.assign(chain->n_tiles, all(0.0));
    chain->delays.assign(2 * n_sections * chain->n_tiles, all(NAN));
    chain->smoothers.resize(2 * chain->n_tiles);
    return chain;
}

void limit_delete(Chain* chain) { delete chain; }

// Process a block (n_samples, n_channels) into out (3, n_samples, n_channels): filtered, fast
// envelope, slow envelope. Return how many nanoseconds it took.
double limit_push(Chain* chain, const double* block, int n_samples, double* out) {
    const auto begun = std::chrono::steady_clock::now();
    if (chain->work.size() < static_cast<size_t>(n_samples)) chain->work.resize(n_samples);
    const size_t plane = static_cast<size_t>(n_samples) * chain->n_channels;
    for (int tile = 0; tile < chain->n_tiles; tile++) {
        const int n_lanes = std::min(LANES, chain->n_channels - tile * LANES);
        bridge(*chain, tile, block, n_samples);
        filter(*chain, tile, n_samples);
        for (int i = 0; i < n_samples; i++)
            store(chain->work[i], out + i * chain->n_channels + tile * LANES, n_lanes);
        smooth(*chain, tile, n_samples, 0, out + plane);
        smooth(*chain, tile, n_samples, 1, out + 2 * plane);
    }
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begun)
        .count();
}

}  // extern "C"
