# NOT OK: one role for two repositories and a service in the cluster, and it reads every secret of the account
data "aws_iam_policy_document" "artifact_publisher_trust" {
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
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values = [
        "repo:harbour-coffee/shop-web:ref:refs/heads/main",
        "repo:harbour-coffee/data-pipelines:ref:refs/heads/main",
      ]
    }
  }
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["arn:aws:iam::219484930172:oidc-provider/oidc.eks.eu-north-1.amazonaws.com/id/7C1E0A94B2D83F6655E0A94B2D83F665"]
    }
    condition {
      test     = "StringEquals"
      variable = "oidc.eks.eu-north-1.amazonaws.com/id/7C1E0A94B2D83F6655E0A94B2D83F665:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "oidc.eks.eu-north-1.amazonaws.com/id/7C1E0A94B2D83F6655E0A94B2D83F665:sub"
      values   = ["system:serviceaccount:build:artifact-publisher"]
    }
  }
}

resource "aws_iam_role" "artifact_publisher" {
  name               = "artifact-publisher"
  assume_role_policy = data.aws_iam_policy_document.artifact_publisher_trust.json
  tags = {
    owner       = "astrid.holm@harbour-coffee.example"
    environment = "prod"
  }
}

resource "aws_iam_role_policy" "artifact_publisher" {
  name = "publish"
  role = aws_iam_role.artifact_publisher.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = "arn:aws:s3:::harbour-artifacts/*"
      },
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = "*"
      },
    ]
  })
}
