// SPDX-License-Identifier: Apache-2.0
// Physical quantities that cannot be mixed up: a time is never handed over where a power is due.
//
// Each holds a double in its SI unit. Arithmetic keeps the dimension; the products that physics
// allows are spelled out below. A vendor's unit (mW, uJ, ms) is converted once, where it is read.
#pragma once

#include <compare>

namespace neuralpower {

template <typename Tag>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double in_si_units) : value_(in_si_units) {}
  constexpr double value() const { return value_; }

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator-() const { return Quantity(-value_); }
  constexpr Quantity& operator+=(Quantity other) { return value_ += other.value_, *this; }
  constexpr Quantity& operator-=(Quantity other) { return value_ -= other.value_, *this; }
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(a.value_ + b.value_);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(a.value_ - b.value_);
  }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value_ / k); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }

 private:
  double value_ = 0;
};

using Seconds = Quantity<struct SecondsTag>;
using Watts = Quantity<struct WattsTag>;
using Joules = Quantity<struct JoulesTag>;

constexpr Joules operator*(Watts p, Seconds t) { return Joules(p.value() * t.value()); }
constexpr Joules operator*(Seconds t, Watts p) { return p * t; }
constexpr Watts operator/(Joules e, Seconds t) { return Watts(e.value() / t.value()); }
constexpr Seconds operator/(Joules e, Watts p) { return Seconds(e.value() / p.value()); }

constexpr Seconds milliseconds(double ms) { return Seconds(ms / 1e3); }
constexpr Seconds microseconds(double us) { return Seconds(us / 1e6); }
constexpr double in_milliseconds(Seconds t) { return t.value() * 1e3; }
constexpr double in_microseconds(Seconds t) { return t.value() * 1e6; }

}  // namespace neuralpower
