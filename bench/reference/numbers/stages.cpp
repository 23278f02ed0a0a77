// The four stages a sorted list goes through, with what C++ offers for each: std::to_chars, std::from_chars, and the
// vectorized quicksort of Highway. Prints the median and the quartiles of each stage, in milliseconds.
// Usage: stages [COUNT [ROUNDS]]
#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace {

size_t Format(const std::vector<int32_t>& numbers, std::vector<char>& text) {
    char* at = text.data();
    char* const end = at + text.size();
    for (int32_t number : numbers) {
        at = std::to_chars(at, end, number).ptr;
        *at++ = ',';
    }
    return at - text.data() - 1;
}

bool Parse(const std::vector<char>& text, size_t length, std::vector<int32_t>& numbers) {
    const char* at = text.data();
    const char* const end = at + length;
    for (size_t i = 0; i < numbers.size(); i++) {
        auto [next, error] = std::from_chars(at, end, numbers[i]);
        if (error != std::errc() || (next != end && *next != ',')) return false;
        at = next + 1;
    }
    return at == end + 1;
}

template <class Stage>
double Milliseconds(Stage stage) {
    auto start = std::chrono::steady_clock::now();
    stage();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void Print(const char* name, std::vector<double>& times) {
    std::sort(times.begin(), times.end());
    size_t n = times.size();
    std::printf("%-14s median %.3f  quartiles %.3f %.3f\n", name, times[n / 2], times[n / 4], times[3 * n / 4]);
}

}  // namespace

int main(int argc, char** argv) {
    size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 250000;
    size_t rounds = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 100;
    std::mt19937_64 random(42);
    std::uniform_int_distribution<int32_t> uniform(-999999999, 999999999);
    std::vector<int32_t> numbers(count), parsed(count);
    for (int32_t& number : numbers) number = uniform(random);
    std::vector<char> text(12 * count), sorted(12 * count);
    hwy::Sorter sorter;

    std::vector<double> times[5];
    for (size_t round = 0; round < rounds; round++) {
        size_t length = 0;
        double total = 0;
        bool well_formed = false;
        double stages[] = {
            Milliseconds([&] { length = Format(numbers, text); }),
            Milliseconds([&] { well_formed = Parse(text, length, parsed); }),
            Milliseconds([&] { sorter(parsed.data(), parsed.size(), hwy::SortAscending()); }),
            Milliseconds([&] { length = Format(parsed, sorted); }),
        };
        if (!well_formed || !std::is_sorted(parsed.begin(), parsed.end())) return 1;
        for (int i = 0; i < 4; i++) {
            times[i].push_back(stages[i]);
            total += stages[i];
        }
        times[4].push_back(total);
    }
    const char* names[] = {"format", "parse", "sort", "format sorted", "all four"};
    for (int i = 0; i < 5; i++) Print(names[i], times[i]);
}
