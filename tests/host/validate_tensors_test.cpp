// SPDX-License-Identifier: Apache-2.0
// Every refusal of rows, of an option or of epsilon, word for word.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "refusals.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::error_of;
using tests::make_problem;

class Tensors : public tests::Refusals {};

TEST_F(Tensors, as_they_should_be_are_planned) { expect_error(""); }

TEST_F(Tensors, on_the_host_are_refused) {
    expect_error_of_each(
        {"input", "gamma", "beta", "residual"}, [](TensorSpec& spec) { spec.storage = Storage::kHost; },
        "NAME must be allocated on device, but is in host memory; move it with ttnn.to_device(NAME, device)");
}

TEST_F(Tensors, on_the_host_are_named_even_without_a_device) {
    problem.device = {};
    problem.input.storage = Storage::kHost;
    expect_error(
        "input must be allocated on device, but is in host memory; move it with ttnn.to_device(input, device)");
    problem.input.storage = Storage::kDevice;
    problem.beta->storage = Storage::kHost;
    expect_error("beta must be allocated on device, but is in host memory; move it with ttnn.to_device(beta, device)");
}

TEST_F(Tensors, that_have_been_deallocated_are_refused_as_such) {
    expect_error_of_each(
        {"input", "gamma", "beta", "residual", "output_tensor"},
        [](TensorSpec& spec) { spec.storage = Storage::kDeallocated; },
        "NAME must be allocated on device, but has been deallocated; pass a tensor that still has its memory");
}

TEST_F(Tensors, of_an_rms_norm_are_refused_in_its_name) {
    problem.options.norm = Norm::kRms;
    expect_error("");
    problem.options.epsilon = 0;
    EXPECT_EQ(error_of(problem),
              "rms_norm_fused_rm: epsilon must be positive and finite as a float32, but is 0; pass a small positive "
              "number such as 1e-5");
}

TEST_F(Tensors, with_padding_in_their_rows_or_behind_all_of_them_are_planned) {
    for (const std::vector<std::int64_t>& stored :
         {std::vector<std::int64_t>{64, 1024}, {64, 1056}, {64, 5000}, {96, 1024}, {96, 1100}, {1, 96, 1024}}) {
        problem.input.padded_shape = stored;
        problem.output_tensor = problem.residual = problem.input;
        problem.gamma->padded_shape = {2048};
        problem.beta->padded_shape = {1, 1, 32, 1056};
        expect_error("");
    }
    problem = make_problem(64, 1024);
    problem.input = {.shape = {1, 1, 64, 1024}, .padded_shape = {1, 4, 80, 1024}};
    expect_error("");
    problem.gamma = {.shape = {1, 1, 32, 32}, .padded_shape = {1, 1, 64, 64}};
    expect_error("");
}

TEST_F(Tensors, with_padding_between_their_rows_are_refused) {
    const auto pad = [](TensorSpec& spec) { spec.padded_shape = {2, 4, 1024}; };
    const std::string text =
        "NAME of shape [2, 3, 1024] is stored as [2, 4, 1024], with padding between its rows, but they must lie one "
        "behind the other; ";
    problem.input = {.shape = {2, 3, 1024}};
    expect_error_of_each({"input", "residual"}, pad,
                         text +
                             "take it out of its padding with ttnn.slice(ttnn.reshape(NAME, ttnn.Shape([2, 4, "
                             "1024]), ttnn.Shape([2, 4, 1024])), [0, 0, 0], [2, 3, 1024])");
    expect_error_of_each({"output_tensor"}, pad, text + "allocate one without padding");
    expect_error("");
    problem = make_problem(64, 1024);
    problem.input = {.shape = {2, 1, 1024}, .padded_shape = {2, 32, 1024}};
    EXPECT_NE(error_of(problem), "");
}

TEST_F(Tensors, that_are_said_to_be_stored_as_less_than_they_are_are_refused) {
    const auto text = [](const std::string& stored) {
        return "input has shape [64, 1024], but is said to be stored as " + stored +
               ", which has no room for it; pass the padded_shape of an allocated tensor";
    };
    for (const auto& [stored, given] :
         std::initializer_list<std::pair<std::vector<std::int64_t>, std::string>>{{{64, 1023}, "[64, 1023]"},
                                                                                  {{63, 1024}, "[63, 1024]"},
                                                                                  {{65536}, "[65536]"},
                                                                                  {{-64, 1024}, "[-64, 1024]"},
                                                                                  {{-1, 64, 1024}, "[-1, 64, 1024]"}}) {
        problem.input.padded_shape = stored;
        expect_error(text(given));
    }
}

TEST_F(Tensors, stored_in_rows_beyond_32_bits_are_refused) {
    const std::int64_t width = std::int64_t{1} << 62;
    problem.beta->padded_shape = {1, 1, 1, width};
    expect_error(
        "beta rows have 4611686018427387904 elements, but the bytes of a row must fit in 32 bits; pass narrower rows");
    problem.beta->padded_shape.clear();
    problem.input.padded_shape = {64, width};
    expect_error(
        "input rows have 4611686018427387904 elements, but the bytes of a row must fit in 32 bits; pass narrower rows");
    problem.input.padded_shape = {64, 1'000'000'000};
    expect_error(
        "input of 64 rows needs more than 4294967295 bytes of each of 12 banks, but an address in a bank must fit in "
        "32 "
        "bits; split the input");
}

TEST_F(Tensors, output_tensor_that_cannot_take_y_is_refused) {
    const auto refuses = [this](void (*spoil)(TensorSpec&), const std::string& text) {
        expect_error_of_each({"output_tensor"}, spoil, "NAME " + text);
    };
    refuses([](TensorSpec& output) { output.storage = Storage::kHost; },
            "must be allocated on device, but is in host memory; allocate one with ttnn.allocate_tensor_on_device");
    refuses(
        [](TensorSpec& output) {
            output.layout = Layout::kTile;
            output.tile.height = 16;
        },
        "is in TILE layout of tiles of 16 x 32, but its tiles must be 32 x 32; allocate a ROW_MAJOR one, or one of "
        "ttnn.Tile((32, 32))");
    refuses(
        [](TensorSpec& output) {
            output.layout = Layout::kTile;
            output.padded_shape = {96, 1024};
        },
        "of shape [64, 1024] is stored as [96, 1024], but in TILE layout each matrix must be padded to whole tiles, "
        "and "
        "no more; take it out of its padding with ttnn.slice");
    refuses([](TensorSpec& output) { output.dtype = DataType::kUint32; },
            "must be BFLOAT16 or FLOAT32, but is UINT32; allocate one of ttnn.bfloat16 or ttnn.float32");
    refuses([](TensorSpec& output) { output.shape.insert(output.shape.begin(), 1); },
            "has shape [1, 64, 1024], but input has [64, 1024]; allocate one of the input's shape");
    expect_error("");
    problem.options.dtype = DataType::kFloat32;
    expect_error("dtype is FLOAT32, but output_tensor is BFLOAT16; leave dtype away");
    problem.options.dtype.reset();
    problem.options.layout = Layout::kTile;
    expect_error("layout is TILE, but output_tensor is in ROW_MAJOR layout; leave layout away");
    problem.options.layout.reset();
    problem.options.memory_config = MemoryConfig{};
    expect_error("memory_config does not go with output_tensor, which has a memory; leave it away");
}

TEST_F(Tensors, with_several_faults_are_refused_for_their_storage_first) {
    problem.input = {.shape = {7}, .dtype = DataType::kOther, .layout = Layout::kTile, .storage = Storage::kHost};
    problem.options.epsilon = 0;
    expect_error(
        "input must be allocated on device, but is in host memory; move it with ttnn.to_device(input, device)");
}

TEST_F(Tensors, in_tiles_are_taken) {
    problem.input.layout = Layout::kTile;
    expect_error("");
    problem.residual->layout = Layout::kTile;
    problem.residual->padded_shape = problem.residual->shape;
    expect_error("");
    problem.options.layout = Layout::kRowMajor;
    expect_error("");
}

TEST_F(Tensors, in_other_tiles_are_refused) {
    expect_error_of_each(
        {"input", "residual"},
        [](TensorSpec& spec) {
            spec.layout = Layout::kTile;
            spec.tile.width = 16;
        },
        "NAME is in TILE layout of tiles of 32 x 16, but its tiles must be 32 x 32; convert it with "
        "ttnn.to_layout(NAME, ttnn.ROW_MAJOR_LAYOUT)");
    expect_error_of_each(
        {"input", "residual"},
        [](TensorSpec& spec) {
            spec.layout = Layout::kTile;
            spec.tile.is_transposed = true;
        },
        "NAME is in TILE layout of transposed tiles of 32 x 32, but its tiles must be 32 x 32; convert it with "
        "ttnn.to_layout(NAME, ttnn.ROW_MAJOR_LAYOUT)");
}

TEST_F(Tensors, with_more_padding_than_tiles_have_are_refused) {
    expect_error_of_each(
        {"input", "residual"},
        [](TensorSpec& spec) {
            spec.layout = Layout::kTile;
            spec.padded_shape = spec.shape;
            spec.padded_shape.back() += 32;
        },
        "NAME of shape [64, 1024] is stored as [64, 1056], but in TILE layout each matrix must be padded to whole "
        "tiles, and no more; take it out of its padding with ttnn.slice");
    problem.input = {.shape = {std::int64_t{1} << 30, 1, 32}};
    problem.residual.reset();
    problem.gamma.reset();
    problem.beta.reset();
    problem.output_tensor.reset();
    problem.options.layout = Layout::kTile;
    problem.device.dram_banks.resize(60'000);
    expect_error(
        "input of shape [1073741824, 1, 32] has more than 4294967295 rows with the padding of tiles, but a row's index "
        "must fit in 32 bits; split the input");
}

TEST_F(Tensors, of_vectors_that_are_not_interleaved_are_refused) {
    const std::string remedy = "; convert it with ttnn.to_memory_config(NAME, ttnn.DRAM_MEMORY_CONFIG)";
    expect_error_of_each(
        {"gamma", "beta"},
        [](TensorSpec& spec) {
            spec = tests::in_shards(spec, {.height = 32, .width = 1024, .cores = {{0, 0}}});
        },
        "NAME must be in INTERLEAVED memory, but is sharded" + remedy);
    expect_error_of_each(
        {"gamma", "beta"}, [](TensorSpec& spec) { spec.memory_layout = MemoryLayout::kOther; },
        "NAME must be in INTERLEAVED memory, but is in another memory" + remedy);
}

TEST_F(Tensors, in_another_memory_are_refused) {
    const auto put = [](TensorSpec& spec) { spec.memory_layout = MemoryLayout::kOther; };
    const std::string text =
        " must be INTERLEAVED in DRAM or L1, or HEIGHT, WIDTH or BLOCK sharded in L1 with a shard_spec, but is in "
        "another memory (sharded in DRAM, sharded with an nd_shard_spec, without a shard_spec, or in another type of "
        "buffer); ";
    expect_error_of_each({"input", "residual"}, put,
                         "NAME" + text + "convert it with ttnn.to_memory_config(NAME, ttnn.DRAM_MEMORY_CONFIG)");
    expect_error_of_each({"output_tensor"}, put, "NAME" + text + "allocate one in ttnn.DRAM_MEMORY_CONFIG");
    problem.output_tensor.reset();
    problem.options.memory_config = MemoryConfig{.memory_layout = MemoryLayout::kOther};
    expect_error("memory_config" + text +
                 "pass ttnn.DRAM_MEMORY_CONFIG or ttnn.L1_MEMORY_CONFIG, or one with a shard_spec");
}

TEST_F(Tensors, of_another_data_type_are_refused) {
    expect_error_of_each(
        {"input", "gamma", "beta", "residual"}, [](TensorSpec& spec) { spec.dtype = DataType::kBfloat8B; },
        "NAME must be BFLOAT16 or FLOAT32, but is BFLOAT8_B; convert it with ttnn.typecast(NAME, "
        "ttnn.bfloat16) or ttnn.float32");
}

TEST_F(Tensors, of_float32_and_bfloat16_mixed_are_planned) {
    problem.residual = problem.input;
    problem.options.return_sum = true;
    problem.options.sum_dtype = DataType::kBfloat16;
    for (unsigned mix = 0; mix < 32; ++mix) {
        const auto dtype = [mix](unsigned bit) {
            return (mix >> bit & 1U) != 0 ? DataType::kFloat32 : DataType::kBfloat16;
        };
        problem.input.dtype = dtype(0);
        problem.gamma->dtype = dtype(1);
        problem.beta->dtype = dtype(2);
        problem.residual->dtype = dtype(3);
        problem.options.dtype = dtype(4);
        expect_error("");
    }
}

TEST_F(Tensors, outputs_of_another_data_type_are_refused) {
    problem.options.dtype = DataType::kOther;
    expect_error("dtype must be BFLOAT16 or FLOAT32, but is another data type; pass ttnn.bfloat16 or ttnn.float32");
    problem.options.dtype = DataType::kFloat32;
    problem.residual = problem.input;
    problem.options.return_sum = true;
    problem.options.sum_dtype = DataType::kInt32;
    expect_error("sum_dtype must be BFLOAT16 or FLOAT32, but is INT32; pass ttnn.bfloat16 or ttnn.float32");
}

TEST_F(Tensors, residual_that_does_not_fit_the_input_is_refused) {
    problem.residual = TensorSpec{.shape = {1, 64, 1024}};
    expect_error("residual has shape [1, 64, 1024], but input has [64, 1024]; pass a residual of the input's shape");
    problem.residual->shape = {64, 1024};
    expect_error("");
}

TEST_F(Tensors, options_without_what_they_are_about_are_refused) {
    problem.options.return_sum = true;
    problem.options.sum_dtype = DataType::kBfloat16;
    expect_error(
        "return_sum is set, but there is no residual, so the sum would be the input; pass residual=, or leave "
        "return_sum away");
    problem.options.return_sum = false;
    expect_error("sum_dtype is set, but return_sum is not; pass return_sum=True, or no sum_dtype");
    problem.options.sum_dtype.reset();
    problem.options.zero_centered_gamma = true;
    expect_error("");
    problem.gamma.reset();
    expect_error("zero_centered_gamma is set, but there is no gamma; pass gamma, or leave zero_centered_gamma away");
}

TEST_F(Tensors, input_of_every_rank_up_to_eight_is_planned) {
    for (std::size_t rank = 1; rank <= 8; ++rank) {
        problem.input.shape.assign(rank, 2);
        problem.input.shape.back() = 1024;
        expect_error("");
    }
}

TEST_F(Tensors, input_of_rank_zero_or_above_eight_is_refused) {
    problem.input.shape = {};
    expect_error(
        "input must have rank 1 to 8, but has rank 0 with shape []; reshape it with ttnn.reshape(input, [1, 1])");
    problem.input.shape = {1, 1, 1, 1, 1, 1, 1, 2, 1024};
    expect_error(
        "input must have rank 1 to 8, but has rank 9 with shape [1, 1, 1, 1, 1, 1, 1, 2, 1024]; join leading "
        "dimensions with ttnn.reshape");
}

TEST_F(Tensors, input_of_any_width_and_height_is_planned) {
    for (const std::int64_t width : {1, 2, 31, 33, 1000, 1023, 1025, 65536, 1'000'000}) {
        for (const std::int64_t rows : {1, 5, 31, 33, 1000}) {
            problem = make_problem(rows, width);
            expect_error("");
        }
    }
}

TEST_F(Tensors, input_rows_without_elements_are_refused) {
    problem.input.shape = {64, 0};
    expect_error(
        "input rows have 0 elements, of which there is no mean; pass an input whose last dimension is at least 1");
}

TEST_F(Tensors, with_a_negative_dimension_are_refused) {
    problem.input.shape = {-64, 1024};
    expect_error(
        "input has shape [-64, 1024], but no dimension can be negative; pass the shape of an allocated tensor");
    problem.input.shape = {64, -32};
    expect_error("input has shape [64, -32], but no dimension can be negative; pass the shape of an allocated tensor");
}

TEST_F(Tensors, rows_beyond_32_bits_are_refused) {
    problem.input.shape = {65536, 65536, 1024};
    expect_error(
        "input of shape [65536, 65536, 1024] has more than 4294967295 rows, but a row's index must fit in 32 bits; "
        "split the input");
    problem.input.shape = {4, std::int64_t{1} << 62, 1024};
    expect_error(
        "input of shape [4, 4611686018427387904, 1024] has more than 4294967295 rows, but a row's index must fit in "
        "32 bits; split the input");
}

TEST_F(Tensors, bytes_of_a_bank_beyond_32_bits_are_refused) {
    problem.input.shape = {4294967295, 1024};
    expect_error(
        "input of 4294967295 rows needs more than 4294967295 bytes of each of 12 banks, but an address in a bank must "
        "fit in 32 bits; split the input");
}

TEST_F(Tensors, bytes_of_any_tensor_in_a_bank_beyond_32_bits_are_refused) {
    const auto text = [](const std::string& name, int rows) {
        return name + " of " + std::to_string(rows) +
               " rows needs more than 4294967295 bytes of each of 1 banks, but an address in a bank must fit in 32 "
               "bits; split the input";
    };
    problem.device.l1_banks = 1;
    problem.input.shape = {2097152, 1024};
    problem.residual = problem.input;
    problem.residual->buffer_type = BufferType::kL1;
    expect_error(text("residual", 2097152));
    problem.residual.reset();
    problem.options.memory_config = MemoryConfig{BufferType::kL1};
    expect_error(text("output", 2097152));
    problem.input.shape = {1048576, 1024};
    problem.residual = problem.input;
    problem.options.return_sum = true;
    problem.options.sum_dtype = DataType::kFloat32;
    expect_error(text("sum", 1048576));
}

TEST_F(Tensors, width_beyond_32_bits_is_refused) {
    const std::int64_t width = std::int64_t{1} << 62;
    problem.input.shape = {1, width};
    problem.gamma->shape = {width};
    problem.beta->shape = {width};
    expect_error(
        "input rows have 4611686018427387904 elements, but the bytes of a row must fit in 32 bits; pass narrower rows");
}

TEST_F(Tensors, epsilon_that_is_not_positive_and_finite_is_refused) {
    const auto text = [](const std::string& given) {
        return "epsilon must be positive and finite as a float32, but is " + given +
               "; pass a small positive number such as 1e-5";
    };
    for (const auto& [epsilon, given] : std::initializer_list<std::pair<double, std::string>>{{0.0, "0"},
                                                                                              {-1e-5, "-1e-05"},
                                                                                              {std::nan(""), "nan"},
                                                                                              {INFINITY, "inf"},
                                                                                              {1e-60, "1e-60"},
                                                                                              {1e60, "1e+60"}}) {
        problem.options.epsilon = epsilon;
        expect_error(text(given));
    }
    problem.options.epsilon = std::numeric_limits<float>::min();
    expect_error("");
}

}  // namespace
}  // namespace layernorm_fused_rm
