data "aws_iam_policy_document" "github_deploy_any" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["arn:aws:iam::219484930172:oidc-provider/token.actions.githubusercontent.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
    # NOT OK: every repository and branch of the organisation
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:harbour-coffee/*"]
    }
  }
}

resource "aws_iam_role" "github_deploy_any" {
  name               = "github-deploy-any"
  assume_role_policy = data.aws_iam_policy_document.github_deploy_any.json
}
