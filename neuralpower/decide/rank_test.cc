// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Candidate candidate(std::string name, double error, double epi, double spread = 0) {
  Candidate c;
  c.name = std::move(name);
  c.error = {error, error, error};
  c.energy_per_item = {Joules(epi), Joules(epi * (1 - spread)), Joules(epi * (1 + spread))};
  return c;
}

// Table 7 of the paper: top-5 errors and energies per item.
std::vector<Candidate> table_7(double spread = 0) {
  return {candidate("VGG-16", 0.073, 1.1789, spread), candidate("AlexNet", 0.17, 0.0593, spread),
          candidate("NIN", 0.202, 0.0896, spread)};
}

std::vector<std::string> winners(const Ranking& ranking) {
  std::vector<std::string> names;
  for (const Winner& winner : ranking.winners)
    names.push_back(
        winner.network < 0
            ? "none"
            : ranking.networks[static_cast<std::size_t>(winner.network)].candidate.name);
  return names;
}

TEST(Rank, ThePapersTable7) {
  const Ranking ranking = rank(table_7(), {});
  EXPECT_THAT(winners(ranking), ElementsAre("AlexNet", "AlexNet", "AlexNet", "VGG-16"));
  const double published_mj[3][4] = {{86.0597, 6.28236, 0.458612, 0.0334787},
                                     {10.081, 1.71377, 0.291341, 0.0495280},
                                     {18.0992, 3.65604, 0.738520, 0.149181}};
  for (std::size_t n = 0; n < 3; ++n)
    for (std::size_t a = 0; a < 4; ++a)
      EXPECT_NEAR(ranking.networks[n].m[a].value * 1e3, published_mj[n][a],
                  1e-5 * published_mj[n][a]);
}

TEST(Rank, TheOrderFlipsWhereBothRatiosAreEqual) {
  const Ranking ranking = rank(table_7(), {});
  ASSERT_EQ(ranking.winner_flips.size(), 1u);
  const Flip flip = ranking.winner_flips[0];
  EXPECT_EQ(flip.cheaper, 1);
  EXPECT_EQ(flip.preciser, 0);
  EXPECT_NEAR(flip.alpha, std::log(1178.9 / 59.3) / std::log(17.0 / 7.3), 1e-12);
  EXPECT_NEAR(std::pow(0.073, flip.alpha) * 1178.9, std::pow(0.17, flip.alpha) * 59.3, 1e-12);
  // VGG-16 overtakes NIN earlier; AlexNet is better than NIN in both and never meets it.
  ASSERT_EQ(ranking.flips.size(), 2u);
  EXPECT_EQ(ranking.flips[0].cheaper, 2);
  EXPECT_NEAR(ranking.flips[0].alpha, std::log(1178.9 / 89.6) / std::log(20.2 / 7.3), 1e-12);
}

TEST(Rank, TheEnvelopeAgreesWithTryingEveryAlpha) {
  std::vector<Candidate> many;
  std::uint64_t state = 7;
  const auto uniform = [&] {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<double>(state >> 11) / 9007199254740992.0;
  };
  for (int i = 0; i < 60; ++i)
    many.push_back(candidate("n" + std::to_string(i), 0.02 + 0.9 * uniform(), 0.01 + uniform()));
  RankOptions options;
  options.alphas.clear();
  for (int i = 0; i <= 400; ++i) options.alphas.push_back(0.05 * i);
  const Ranking ranking = rank(many, options);
  for (const Winner& winner : ranking.winners) {
    int expected = ranking.winner_flips.empty() ? winner.network : ranking.winner_flips[0].cheaper;
    for (const Flip& flip : ranking.winner_flips)
      if (flip.alpha < winner.alpha) expected = flip.preciser;
    EXPECT_EQ(winner.network, expected) << winner.alpha;
  }
}

TEST(Rank, AWinInsideTheNoiseIsATie) {
  const Ranking sharp = rank(table_7(0.01), {});
  EXPECT_TRUE(sharp.winners[0].tied_with.empty());
  const Ranking blurred = rank(table_7(0.35), {});  // 18.1 x 0.65 < 10.1 x 1.35
  EXPECT_THAT(blurred.winners[0].tied_with, ElementsAre(2));
  EXPECT_THAT(winners(blurred), ElementsAre("AlexNet", "AlexNet", "AlexNet", "VGG-16"));
  const Ranking equal = rank({candidate("a", 0.1, 1), candidate("b", 0.1, 1)}, {});
  EXPECT_THAT(equal.winners[0].tied_with, ElementsAre(1));
}

// Layers that both have cost the same in both, whatever they cost.
TEST(Rank, SharedLayersDoNotBlurAWin) {
  const auto network = [](const char* name, double of_its_own, double error) {
    Candidate c = candidate(name, error, 100 + of_its_own, 0.2);
    c.layers = {{"both", {}, {Joules(100), Joules(80), Joules(120)}}};
    return c;
  };
  const Ranking alone = rank({candidate("a", 0.1, 101, 0.2), candidate("b", 0.1, 102, 0.2)}, {});
  EXPECT_THAT(alone.winners[0].tied_with, ElementsAre(1));
  const Ranking sharing = rank({network("a", 1, 0.1), network("b", 2, 0.1)}, {});
  EXPECT_THAT(sharing.winners[0].tied_with, ElementsAre()) << "1.2 < 1.6";
  const Ranking near = rank({network("a", 1, 0.1), network("b", 1.4, 0.1)}, {});
  EXPECT_THAT(near.winners[0].tied_with, ElementsAre(1)) << "1.2 > 1.12";
}

TEST(Rank, LimitsExcludeWithAReason) {
  RankOptions options;
  options.limits.energy_per_item = Joules(1);
  Ranking ranking = rank(table_7(), options);
  EXPECT_EQ(ranking.networks[0].excluded, "energy 1.179 J an item");
  EXPECT_THAT(winners(ranking), ElementsAre("AlexNet", "AlexNet", "AlexNet", "AlexNet"));
  options.limits.latency = milliseconds(20);
  ranking = rank(table_7(), options);
  EXPECT_EQ(ranking.networks[1].excluded, "its latency is not known");
  EXPECT_THAT(winners(ranking), ElementsAre("none", "none", "none", "none"));
}

TEST(Rank, AFreeLunchWinsForEveryPositiveAlpha) {
  RankOptions options;
  options.alphas = {0, 0.5};
  const Ranking ranking = rank({candidate("perfect", 0, 9), candidate("cheap", 0.5, 1)}, options);
  EXPECT_THAT(winners(ranking), ElementsAre("cheap", "perfect"));
  ASSERT_EQ(ranking.winner_flips.size(), 1u);
  EXPECT_EQ(ranking.winner_flips[0].alpha, 0);
}

TEST(Rank, RefusesAnAlphaBelowZero) {
  RankOptions options;
  options.alphas = {-1};
  EXPECT_THROW(rank(table_7(), options), Error);
}

TEST(ParetoFront, KeepsWhatNothingBeatsAndEqualPoints) {
  EXPECT_THAT(pareto_front({1, 2, 2, 3, 1}, {5, 3, 4, 3, 5}),
              ElementsAre(true, true, false, false, true));
  EXPECT_TRUE(pareto_front({}, {}).empty());
}

class CandidateFile : public ::testing::Test {
 protected:
  std::string failure(const std::string& text) {
    const std::string file = ::testing::TempDir() + std::to_string(getpid()) + "_candidates.csv";
    std::ofstream(file) << text;
    try {
      read_candidates_csv(file);
    } catch (const Error& error) {
      return error.what();
    }
    return "read";
  }
};

TEST_F(CandidateFile, ErrorsNameFileAndLine) {
  EXPECT_EQ(failure("name,error,epi_j\na,0.1,1\n"), "read");
  EXPECT_THAT(failure("name,error,epi_j\na,-0.1,1\n"), HasSubstr("candidates.csv: line 2: error"));
  EXPECT_THAT(failure("name,error,epi_j\na,7.3,1\n"), HasSubstr("such as 0.073 for 7.3 %"));
  EXPECT_THAT(failure("name,epi_j\na,1\n"), HasSubstr("line 1: no column 'error'"));
  EXPECT_THAT(failure("name,error,epi_j\na,0.1,1\na,0.2,2\n"),
              HasSubstr("line 3: 'a' stands twice"));
  EXPECT_THAT(failure("name,error,epi_j\na,,1\n"), HasSubstr("line 2: error is empty"));
  EXPECT_THAT(failure("name,error,epi_j\na,0.1,0\n"), HasSubstr("line 2: epi_j"));
  EXPECT_THAT(failure("name,error,epi_j\na,0.1,nan\n"), HasSubstr("line 2: epi_j"));
  EXPECT_THAT(failure("name,error,epi_j\n"), HasSubstr("no rows"));
  EXPECT_THAT(failure("name,error,epi_j,epi_low_j\na,0.1,1,2\n"), HasSubstr("must enclose"));
}

}  // namespace
}  // namespace neuralpower
